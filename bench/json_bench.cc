// SPDX-License-Identifier: Apache-2.0

/// Times JSON: json_bench FILE ROUNDS
///
/// Prints, in nanoseconds, the fastest of the rounds for: decode, encode, both
/// (one container at a time, as the processor does), and read, which is
/// RapidJSON's reader in place with a handler that does nothing.
// A namespace of its own, as in lib/src/json/decoder.cc.
#define RAPIDJSON_NAMESPACE containercollector_rapidjson_bench
#define RAPIDJSON_NAMESPACE_BEGIN namespace containercollector_rapidjson_bench {
#define RAPIDJSON_NAMESPACE_END }
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#elif defined(__ARM_NEON)
#define RAPIDJSON_NEON
#endif
#include <malloc.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "containercollector/json.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/encoder.h"

namespace {

namespace rapid = containercollector_rapidjson_bench;
using containercollector::Container;
using std::chrono::steady_clock;

/// Prevents the compiler from removing what is timed.
volatile std::size_t result_size = 0;

/// The fastest of many times.
class Fastest {
 public:
  template <typename Function>
  void Time(Function&& function) {
    const auto start = steady_clock::now();
    std::forward<Function>(function)();
    const std::chrono::nanoseconds time = steady_clock::now() - start;
    nanoseconds_ = std::min(nanoseconds_, std::int64_t{time.count()});
  }
  std::int64_t nanoseconds() const { return nanoseconds_; }

 private:
  std::int64_t nanoseconds_ = std::numeric_limits<std::int64_t>::max();
};

std::string Transcode(std::string json) {
  namespace internal = containercollector::internal;
  internal::ContainerArrayEncoder encoder(json.size());
  containercollector::ForEachContainer(
      std::move(json),
      [&](const Container& container) { encoder.Add(container); });
  return encoder.Take();
}

void ReadWithoutHandler(std::string json) {
  rapid::InsituStringStream stream(json.data());
  rapid::BaseReaderHandler<> nothing;
  rapid::Reader reader;
  result_size = reader.Parse<rapid::kParseInsituFlag>(stream, nothing).Offset();
}

/// A copy for the decoder to overwrite, with the room that it needs.
std::string Copy(const std::string& json) {
  std::string copy;
  copy.reserve(json.size() + containercollector::internal::kDecoderPadding);
  return copy = json;
}

void Run(const std::string& json, int rounds) {
  namespace cc = containercollector;
  Fastest decode;
  Fastest encode;
  Fastest both;
  Fastest read;
  for (int i = 0; i < rounds; ++i) {
    {
      std::string copy = Copy(json);
      decode.Time(
          [&] { result_size = cc::DecodeContainers(std::move(copy))->size(); });
    }
    {
      const auto containers = cc::DecodeContainers(json);
      encode.Time(
          [&] { result_size = cc::EncodeContainers(containers).size(); });
    }
    {
      std::string copy = Copy(json);
      both.Time([&] { result_size = Transcode(std::move(copy)).size(); });
    }
    {
      std::string copy = Copy(json);
      read.Time([&] { ReadWithoutHandler(std::move(copy)); });
    }
  }
  std::cout << "decode " << decode.nanoseconds() << "\nencode "
            << encode.nanoseconds() << "\nboth " << both.nanoseconds()
            << "\nread " << read.nanoseconds() << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view text = argc == 3 ? argv[2] : "";
  int rounds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), rounds);
  std::ifstream file(argc == 3 ? argv[1] : "");
  if (error != std::errc() || end != text.data() + text.size() || rounds < 1 ||
      !file) {
    std::cerr << "usage: json_bench FILE ROUNDS\n";
    return 2;
  }
  // What one round frees, the next one reuses, as the server and Go do.
  constexpr int kLarge = 1 << 30;
  if (mallopt(M_MMAP_THRESHOLD, kLarge) != 1 ||
      mallopt(M_TRIM_THRESHOLD, kLarge) != 1) {
    std::cerr << "json_bench: mallopt failed\n";
    return 1;
  }
  Run({std::istreambuf_iterator<char>(file), {}}, rounds);
}
