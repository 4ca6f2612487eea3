// SPDX-License-Identifier: Apache-2.0

#include "server/collect/runtimes.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "server/log.h"

namespace containercollector::server {
namespace {

/// Whether the endpoint's socket exists. Over TCP, only a call can tell.
bool MayExist(const Runtime& runtime) {
  constexpr std::string_view kUnix = "unix://";
  const std::string& endpoint = runtime.endpoint();
  if (endpoint.rfind(kUnix, 0) != 0) return true;
  struct stat status{};
  return ::stat(endpoint.c_str() + kUnix.size(), &status) == 0;
}

std::string NoneText(const std::vector<Runtime>& candidates) {
  std::string text =
      "Cannot find a container runtime: none of these sockets exists: ";
  for (const Runtime& runtime : candidates) {
    if (&runtime != &candidates.front()) text += ", ";
    text += runtime.endpoint();
  }
  return text +
         ". Is a container runtime running? If its socket is elsewhere, name "
         "it "
         "with --docker-endpoint or --cri-endpoint.";
}

}  // namespace

Runtimes::Runtimes(std::vector<Runtime> candidates)
    : candidates_(std::move(candidates)),
      none_text_(NoneText(candidates_)),
      chosen_(candidates_.size() == 1 ? &candidates_.front() : nullptr) {}

const Runtime* Runtimes::Choose() {
  if (candidates_.size() == 1) return &candidates_.front();
  const auto found =
      std::find_if(candidates_.begin(), candidates_.end(), &MayExist);
  if (found == candidates_.end()) return nullptr;
  const Runtime* const runtime = &*found;
  {
    const std::lock_guard lock(mutex_);
    if (chosen_ == runtime) return runtime;
    chosen_ = runtime;
  }
  Log(LogLevel::kInfo, "another container runtime is asked from now on",
      {{"runtime", std::string(runtime->name)},
       {"endpoint", runtime->endpoint()}});
  return runtime;
}

}  // namespace containercollector::server
