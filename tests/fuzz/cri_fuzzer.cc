// SPDX-License-Identifier: Apache-2.0

/// Any bytes are either messages of the CRI or an error that says where they
/// are wrong, and what is made of them is JSON. The work and the memory must be
/// in proportion to the bytes.
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/json.h"
#include "lib/src/cri/containers.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

/// How many functions were called, and what was allocated: the same in each
/// run, which time is not.
std::uint64_t calls = 0;
std::uint64_t allocated_bytes = 0;
bool counting = false;

void OnMalloc(const volatile void* /*memory*/, std::size_t bytes) {
  if (counting) allocated_bytes += bytes;
}
void OnFree(const volatile void* /*memory*/) {}

}  // namespace

// The compiler adds these to each function that decodes: see CMakeLists.txt.
extern "C" {
__attribute__((no_instrument_function)) void __cyg_profile_func_enter(
    void* /*function*/, void* /*caller*/) {
  if (counting) ++calls;
}
__attribute__((no_instrument_function)) void __cyg_profile_func_exit(
    void* /*function*/, void* /*caller*/) {}

int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  return __sanitizer_install_malloc_and_free_hooks(OnMalloc, OnFree) > 0 ? 0
                                                                         : 1;
}
}

namespace {

constexpr std::int64_t kNow = 1'700'000'000'000'000'000;
constexpr std::size_t kBudget = std::size_t{32} << 20;

/// Ends the fuzzer if what it counted is not in proportion to the input.
void CheckWork(std::size_t bytes) {
  constexpr std::uint64_t kCallsPerByte = 1200;
  constexpr std::uint64_t kCallsOfAnyInput = 100'000;
  // A container is described by four bytes.
  constexpr std::uint64_t kBytesPerByte = 1500;
  constexpr std::uint64_t kBytesOfAnyInput = 4'000'000;
  if (calls <= kCallsOfAnyInput + kCallsPerByte * bytes &&
      allocated_bytes <= kBytesOfAnyInput + kBytesPerByte * bytes)
    return;
  std::cerr << calls << " calls and " << allocated_bytes
            << " bytes allocated for " << bytes << " bytes" << std::endl;
  std::abort();
}

/// Returns what `decode` makes of a message; nothing if it is malformed.
template <typename Decode>
auto Try(const Decode& decode) -> decltype(decode()) {
  try {
    return decode();
  } catch (const cri::MessageError& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  } catch (const cri::BudgetError&) {
  }
  return {};
}

void Encode(const cri::Entry& entry) {
  const std::string json = EncodeContainers({entry.container});
  if (DecodeContainers(json)->size() != 1) std::abort();
}

/// Makes a list of two messages, and adds to each entry the details in a third.
std::vector<cri::Entry> Collect(std::string_view containers,
                                std::string_view sandboxes,
                                std::string_view status,
                                std::string_view stats) {
  cri::Budget budget(kBudget);
  return Try([&] {
    auto listed =
        Try([&] { return cri::DecodeList(containers, false, budget); });
    auto pods = Try([&] { return cri::DecodeList(sandboxes, true, budget); });
    // In real life, each is told of by a status of its own.
    constexpr std::size_t kMaxEntries = 8;
    auto entries = cri::MakeEntries(std::move(listed), std::move(pods), budget);
    for (std::size_t i = 0; i < std::min(entries.size(), kMaxEntries); ++i) {
      const auto details = Try([&] {
        return cri::DecodeDetails(status, entries[i].is_sandbox, budget);
      });
      AddDetails(details, kNow, budget, entries[i]);
    }
    AddStats(Try([&] { return cri::DecodeStats(stats, budget); }), entries);
    return entries;
  });
}

/// Checks that a body is what its message is framed to.
void CheckGrpc(std::string_view bytes) {
  HttpResponse response;
  response.status = 200;
  response.headers = {{"content-type", "application/grpc"}};
  response.trailers = {{"grpc-status", "0"},
                       {"grpc-message", std::string(bytes)}};
  response.body = bytes;
  const GrpcResult result = ParseGrpcResult(response);
  if (!result.failure && FrameMessage(result.message) != response.body)
    std::abort();
  response.trailers[0].second = "2";
  static_cast<void>(ParseGrpcResult(response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Parts of the input, for messages that belong together; and all of it.
  std::string_view parts[4];
  std::string_view rest = bytes;
  for (std::string_view& part : parts) {
    constexpr std::string_view kEnd = "\xFF\xFF";
    const std::size_t end = rest.find(kEnd);
    part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size()
                                                     : end + kEnd.size());
  }
  calls = 0;
  allocated_bytes = 0;
  counting = true;
  std::vector<std::vector<cri::Entry>> lists;
  lists.push_back(Collect(parts[0], parts[1], parts[2], parts[3]));
  lists.push_back(Collect(bytes, bytes, bytes, bytes));
  cri::Budget budget(kBudget);
  Try([&] { return cri::DecodeVersion(bytes, budget); });
  CheckGrpc(bytes);
  counting = false;
  CheckWork(size);
  for (const auto& entries : lists)
    for (const cri::Entry& entry : entries) Encode(entry);
  return 0;
}
