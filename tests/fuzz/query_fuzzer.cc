// SPDX-License-Identifier: Apache-2.0

/// A query string must be either list options or an error that Processor also
/// reports.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "containercollector/error.h"
#include "containercollector/list_options.h"
#include "containercollector/processor.h"

using namespace containercollector;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  std::string target(Processor::kArrayPath);
  target += '?';
  target += query;
  const auto parsed = Processor::Parse("POST", target);
  try {
    const ListOptions options = ParseListOptions(query);
    if (options.limit < 0) std::abort();
    if (!(std::get<ProcessorRequest>(parsed).options == options)) std::abort();
  } catch (const Error& error) {
    const auto& rejection = std::get<Response>(parsed);
    if (error.code() != ErrorCode::kInvalidArgument) std::abort();
    if (rejection.status != 400 || rejection.body != error.what()) std::abort();
  }
  return 0;
}
