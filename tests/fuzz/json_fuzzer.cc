// SPDX-License-Identifier: Apache-2.0

/// Whatever the decoder takes, it must take again in the encoder's words, and
/// the encoder must then say the same.
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string once;
  try {
    once = EncodeContainers(DecodeContainers(
        std::string(reinterpret_cast<const char*>(data), size)));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kResponseMalformed) std::abort();
    return 0;
  }
  const std::string twice = EncodeContainers(DecodeContainers(once));
  if (once != twice) {
    std::cerr << "first:  " << once << "\nsecond: " << twice << std::endl;
    std::abort();
  }
  return 0;
}
