// SPDX-License-Identifier: Apache-2.0

/// Any bytes are either messages of the CRI or an error that says where they
/// are wrong, and what is made of them is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "containercollector/json.h"
#include "lib/src/cri/containers.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

template <typename Decode>
void Try(const Decode& decode) {
  try {
    decode();
  } catch (const cri::MessageError& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
}

void Encode(const cri::Entry& entry) {
  const std::string json = EncodeContainers({entry.container});
  if (DecodeContainers(json)->size() != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  constexpr std::int64_t kNow = 1'700'000'000'000'000'000;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Try([&] { cri::DecodeVersion(bytes); });
  Try([&] {
    for (const cri::Entry& entry :
         cri::MakeEntries(cri::DecodeContainers(bytes), {}))
      Encode(entry);
  });
  Try([&] {
    for (const cri::Entry& entry :
         cri::MakeEntries({}, cri::DecodeSandboxes(bytes)))
      Encode(entry);
  });
  cri::ListedContainer container;
  container.id = "c";
  auto entries = cri::MakeEntries({container}, {});
  Try([&] {
    AddStatus(cri::DecodeContainerStatus(bytes), kNow, entries.front());
  });
  Try([&] {
    AddStatus(cri::DecodeSandboxStatus(bytes), kNow, entries.front());
  });
  Try([&] { cri::AddStats(cri::DecodeContainerStats(bytes), entries); });
  Encode(entries.front());

  HttpResponse response;
  response.status = 200;
  response.headers = {{"content-type", "application/grpc"},
                      {"grpc-status", "0"},
                      {"grpc-message", std::string(bytes)}};
  response.body = bytes;
  const GrpcResult result = ParseGrpcResponse(response);
  if (const auto* message = std::get_if<std::string>(&result)) {
    if (FrameMessage(*message) != response.body) std::abort();
  }
  response.headers[1].second = "2";
  static_cast<void>(ParseGrpcResponse(response));
  return 0;
}
