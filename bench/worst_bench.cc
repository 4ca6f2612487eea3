// SPDX-License-Identifier: Apache-2.0

/// Decodes and encodes the worst inputs and, for comparison, a node of the same
/// size, one container at a time: worst_bench MEGABYTES
///
/// Prints the time per byte of the fastest round, the peak memory as a multiple
/// of the input, and the size of the output or the error.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/node_generator.h"
#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/json/encoder.h"

namespace {

namespace bench = containercollector::bench;
using containercollector::Container;
using std::chrono::steady_clock;

constexpr int kRounds = 3;

struct Input {
  std::string_view name;
  /// Makes it, with about `bytes` bytes.
  std::string (*make)(std::size_t bytes);
};

/// Room for the last item, and for the decoder to parse in place.
constexpr std::size_t kReserve = 128;

/// `begin`, then as many of `item` as fit, with commas between, then `end`.
std::string Repeat(std::string_view begin, std::string_view item,
                   std::string_view end, std::size_t bytes) {
  std::string json;
  json.reserve(bytes + kReserve);
  json.append(begin);
  while (json.size() + item.size() + end.size() < bytes)
    json.append(item).append(",");
  return json.append(item).append(end);
}

/// `begin`, then as many keys as fit, with `between` between, then `end`. Each
/// key is less than the one before, the worst order for a map.
std::string RepeatWithKeys(std::string_view begin, std::string_view between,
                           std::string_view end, std::size_t bytes) {
  std::size_t key = 99'999'999;
  std::string json;
  json.reserve(bytes + kReserve);
  json.append(begin).append(std::to_string(key));
  while (json.size() + between.size() + end.size() < bytes)
    json.append(between).append(std::to_string(--key));
  return json.append(end);
}

std::string RichNode(std::size_t bytes) {
  constexpr std::size_t kBytesOfContainer = 4300;
  return containercollector::EncodeContainers(
      bench::GenerateNode(bench::Shape::kRich, bytes / kBytesOfContainer));
}

std::string DeepNesting(std::size_t bytes) {
  constexpr std::size_t kDepth = 9990;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  return Repeat(R"([{"A":[)", deep, "]}]", bytes);
}

/// A rich node, for comparison, and then the worst inputs that are known.
std::vector<Input> Inputs() {
  using Size = std::size_t;
  return {
      {"rich node", RichNode},
      {"one key repeated",
       [](Size bytes) { return Repeat("[{", R"("Id":"")", "}]", bytes); }},
      {"unknown keys",
       [](Size bytes) { return Repeat("[{", R"("A":0)", "}]", bytes); }},
      {"deep nesting", DeepNesting},
      {"bytes that are not UTF-8",
       [](Size bytes) {
         return R"([{"Id":")" + std::string(bytes, '\xFF') + "\"}]";
       }},
      {"labels in descending order",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"Labels":{")", R"(":"",")", R"(":""}}])",
                               bytes);
       }},
      {"labels opened again for each",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"Labels":{")", R"(":""},"Labels":{")",
                               R"(":""}}])", bytes);
       }},
      {"networks opened again for each",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"NetworkSettings":{"Networks":{")",
                               R"(":null}},"NetworkSettings":{"Networks":{")",
                               R"(":null}}}])", bytes);
       }},
      {"empty names",
       [](Size bytes) {
         return Repeat(R"([{"Names":[)", R"("")", "]}]", bytes);
       }},
      {"empty containers",
       [](Size bytes) { return Repeat("[", "{}", "]", bytes); }},
      {"empty mounts",
       [](Size bytes) {
         return Repeat(R"([{"Mounts":[)", "{}", "]}]", bytes);
       }},
      {"empty networks",
       [](Size bytes) {
         return RepeatWithKeys(R"([{"NetworkSettings":{"Networks":{")",
                               R"(":{},")", R"(":{}}}}])", bytes);
       }},
  };
}

/// Returns the size of the output, or the error.
std::string Transcode(std::string json) {
  namespace internal = containercollector::internal;
  try {
    internal::ContainerArrayEncoder encoder;
    containercollector::ForEachContainer(
        std::move(json),
        [&](const Container& container) { encoder.Add(container); });
    return std::to_string(encoder.Take().size()) + " bytes";
  } catch (const containercollector::Error& error) {
    return error.what();
  }
}

/// Resets what PeakBytes() returns.
bool ResetPeak() {
  malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

/// Returns the peak of the resident memory in bytes.
double PeakBytes() {
  std::ifstream file("/proc/self/status");
  double kilobytes = 0;
  for (std::string word; file >> word;) {
    if (word == "VmHWM:") file >> kilobytes;
  }
  return kilobytes * 1024;
}

/// Runs in a process of its own, so that all inputs find the same heap.
bool Measure(const Input& input, std::size_t bytes) {
  double nanoseconds = std::numeric_limits<double>::max();
  double peak = 0;
  std::string result;
  for (int round = 0; round < kRounds; ++round) {
    std::string json = input.make(bytes);
    if (!ResetPeak()) return false;
    const auto start = steady_clock::now();
    result = Transcode(std::move(json));
    const std::chrono::duration<double, std::nano> time =
        steady_clock::now() - start;
    nanoseconds = std::min(nanoseconds, time.count());
    peak = std::max(peak, PeakBytes());
  }
  const auto size = static_cast<double>(bytes);
  std::cout << std::left << std::setw(32) << input.name << std::right
            << std::fixed << std::setprecision(1) << std::setw(10)
            << nanoseconds / size << std::setw(12) << peak / size << "  "
            << result << std::endl;
  return true;
}

bool MeasureInChild(const Input& input, std::size_t bytes) {
  const pid_t child = fork();
  if (child == 0) _exit(Measure(input, bytes) ? 0 : 1);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t kMegabyte = 1'000'000;
  const std::string_view text = argc == 2 ? argv[1] : "";
  std::size_t megabytes = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), megabytes);
  if (error != std::errc() || end != text.data() + text.size() ||
      megabytes == 0 || megabytes > 1000) {
    std::cerr << "usage: worst_bench MEGABYTES\n";
    return 2;
  }
  std::cout << "input                              ns/byte   peak/input  result"
            << std::endl;
  bool ok = true;
  for (const Input& input : Inputs())
    ok = MeasureInChild(input, megabytes * kMegabyte) && ok;
  return ok ? 0 : 1;
}
