// SPDX-License-Identifier: Apache-2.0

/// Decodes and encodes the worst inputs beside a node of the same length, one
/// container at a time: worst_bench MEGABYTES
///
/// Prints for each the time per byte of the fastest of some rounds, the peak of
/// the memory as a multiple of the input, and what became of it.
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

#include "bench/worst_inputs.h"
#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/json/encoder.h"

namespace {

using containercollector::Container;
using containercollector::bench::WorstInput;
using std::chrono::steady_clock;

constexpr int kRounds = 3;

/// Returns what became of the input.
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

/// Lets PeakBytes() begin anew.
bool ResetPeak() {
  malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

/// Returns the most memory that was resident, in bytes.
double PeakBytes() {
  std::ifstream file("/proc/self/status");
  double kilobytes = 0;
  for (std::string word; file >> word;) {
    if (word == "VmHWM:") file >> kilobytes;
  }
  return kilobytes * 1024;
}

/// Runs in a process of its own, so that all inputs find the same heap.
bool Measure(const WorstInput& input, std::size_t bytes) {
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

bool MeasureInChild(const WorstInput& input, std::size_t bytes) {
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
  for (const WorstInput& input : containercollector::bench::WorstInputs())
    ok = MeasureInChild(input, megabytes * kMegabyte) && ok;
  return ok ? 0 : 1;
}
