// SPDX-License-Identifier: Apache-2.0

/// JSON that is decoded and encoded must stay the same when that is done again.
/// The work must be proportional to the size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "containercollector/error.h"
#include "containercollector/json.h"

using containercollector::DecodeContainers;
using containercollector::EncodeContainers;
using containercollector::Error;
using containercollector::ErrorCode;

namespace {

/// The number of function calls, including inlined ones. Unlike time, it is the
/// same in every run.
std::uint64_t calls = 0;

}  // namespace

// The compiler adds these to each function that decodes or encodes:
// -finstrument-functions.
extern "C" {
__attribute__((no_instrument_function)) void __cyg_profile_func_enter(
    void* /*function*/, void* /*caller*/) {
  ++calls;
}
__attribute__((no_instrument_function)) void __cyg_profile_func_exit(
    void* /*function*/, void* /*caller*/) {}
}

namespace {

/// Aborts if decoding and encoding took too many calls.
void CheckWork(std::size_t bytes) {
  constexpr std::uint64_t kCallsPerByte = 300;
  constexpr std::uint64_t kCallsOfAnyInput = 100'000;
  if (calls <= kCallsOfAnyInput + kCallsPerByte * bytes) return;
  std::cerr << calls << " calls for " << bytes << " bytes" << std::endl;
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string once;
  calls = 0;
  try {
    once = EncodeContainers(DecodeContainers(
        std::string(reinterpret_cast<const char*>(data), size)));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kResponseMalformed) std::abort();
    CheckWork(size);
    return 0;
  }
  CheckWork(size + once.size());
  const std::string twice = EncodeContainers(DecodeContainers(once));
  if (once != twice) {
    std::cerr << "first:  " << once << "\nsecond: " << twice << std::endl;
    std::abort();
  }
  return 0;
}
