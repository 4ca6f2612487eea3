// SPDX-License-Identifier: Apache-2.0
#include "containercollector/cri_client.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/list_filter.h"
#include "lib/src/cri/messages.h"
#include "lib/src/cri/runtime_service.h"
#include "lib/src/endpoint.h"
#include "lib/src/option_checks.h"

namespace containercollector {
namespace {

using internal::CallLimit;
using internal::cri::Entry;
using internal::cri::RuntimeService;

const RuntimeOptions& Checked(const RuntimeOptions& options) {
  internal::CheckOptions(options);
  return options;
}

internal::Endpoint EndpointOf(const RuntimeOptions& options) {
  return internal::ParseEndpoint(
      options.cri_endpoint.empty() ? "unix://" : options.cri_endpoint,
      RuntimeKind::kCri);
}

/// Returns the time in nanoseconds since 1970.
std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

class CriClient::Impl {
 public:
  explicit Impl(const RuntimeOptions& options)
      : timeout_(Checked(options).timeout),
        service_(EndpointOf(options), options.connect_timeout,
                 options.max_response_bytes) {}

  const std::string& endpoint() const noexcept {
    return service_.endpoint().text;
  }

  CallLimit LimitOf(const CallOptions& call) const {
    return CallLimit::Of(call, timeout_);
  }

  /// Returns what the options ask for, newest first.
  std::vector<Entry> List(const ListOptions& options,
                          const CallLimit& limit) const {
    const internal::cri::ListFilter filter(options);
    const auto containers =
        service_.Call("ListContainers", internal::cri::DecodeContainers, limit);
    // The sandboxes after the containers, so that none of a container is
    // missing because it is newer.
    const auto sandboxes =
        service_.Call("ListPodSandbox", internal::cri::DecodeSandboxes, limit);
    auto entries = internal::cri::MakeEntries(containers, sandboxes);
    filter.DropListed(entries);
    AddStatuses(limit, entries);
    if (options.size) {
      internal::cri::AddStats(
          service_.Call("ListContainerStats",
                        internal::cri::DecodeContainerStats, limit),
          entries);
    }
    filter.DropComplete(entries);
    return entries;
  }

  internal::cri::Version GetVersion(const CallLimit& limit) const {
    return service_.Call("Version", internal::cri::DecodeVersion, limit);
  }

 private:
  /// Drops those that were removed meanwhile.
  void AddStatuses(const CallLimit& limit, std::vector<Entry>& entries) const {
    std::vector<RuntimeService::StatusCall> calls;
    calls.reserve(entries.size());
    for (const Entry& entry : entries) {
      calls.push_back(
          {entry.is_sandbox ? "PodSandboxStatus" : "ContainerStatus",
           entry.container.id});
    }
    const std::int64_t now = Now();
    service_.CallAll(
        calls, limit, [&](std::size_t index, const std::string& message) {
          Entry& entry = entries[index];
          if (entry.is_sandbox) {
            AddStatus(internal::cri::DecodeSandboxStatus(message), now, entry);
          } else {
            AddStatus(internal::cri::DecodeContainerStatus(message), now,
                      entry);
          }
          entry.has_status = true;
        });
    entries.erase(
        std::remove_if(entries.begin(), entries.end(),
                       [](const Entry& entry) { return !entry.has_status; }),
        entries.end());
  }

  const std::chrono::nanoseconds timeout_;
  const RuntimeService service_;
};

CriClient::CriClient(const RuntimeOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
CriClient::~CriClient() = default;
CriClient::CriClient(CriClient&&) noexcept = default;
CriClient& CriClient::operator=(CriClient&&) noexcept = default;

void CriClient::DoForEachContainer(const ListOptions& options,
                                   const ContainerVisitor& visitor,
                                   const CallOptions& call) const {
  internal::CheckOptions(options);
  for (Entry& entry : impl_->List(options, impl_->LimitOf(call)))
    visitor(entry.container);
}

PingResult CriClient::DoPing(const CallOptions& call) const {
  PingResult result;
  result.api_version =
      impl_->GetVersion(impl_->LimitOf(call)).runtime_api_version;
  result.os_type = "linux";
  return result;
}

const std::string& CriClient::endpoint() const noexcept {
  return impl_->endpoint();
}

RuntimeChoice CriClient::Choice() const {
  return {RuntimeKind::kCri, endpoint(), ""};
}

}  // namespace containercollector
