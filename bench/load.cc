// SPDX-License-Identifier: Apache-2.0

/// Sends requests to the route of a collector: load PORT CLIENTS MILLISECONDS
///
/// Prints responses and failures, the seconds until the last response, and the
/// median and the 99th percentile of the latencies in microseconds.
#include <charconv>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "bench/load_client.h"
#include "server/process.h"
#include "tests/support/http_client.h"

namespace {

using containercollector::bench::Load;
using containercollector::bench::LoadResult;

/// Returns how many bytes make a whole response. Lists of a real node differ by
/// some bytes, for example in how long a container is up.
std::size_t WholeResponse(std::uint16_t port, const std::string& request) {
  containercollector::test::HttpCall call(
      "http://127.0.0.1:" + std::to_string(port), request);
  const auto response = call.Wait();
  if (response.status != 200)
    throw std::runtime_error("the server's response is: " + response.bytes);
  return response.bytes.size() / 10 * 9;
}

void Run(std::uint16_t port, int clients, std::chrono::milliseconds duration) {
  Load load;
  load.port = port;
  load.request = containercollector::test::RequestBytes(
      "POST", "/processor/containercollector", {}, "{}");
  load.response_bytes = WholeResponse(port, load.request);
  load.clients = clients;
  load.duration = duration;
  containercollector::server::AllowConnections(
      static_cast<std::size_t>(clients));
  const LoadResult result = containercollector::bench::RunLoad(load);
  std::cout << "responses " << result.latencies.size() << "\nfailures "
            << result.failures << "\nseconds " << result.seconds << "\nmedian "
            << result.Percentile(50).count() << "\np99 "
            << result.Percentile(99).count() << std::endl;
}

int ToNumber(std::string_view text, int largest) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 ||
      number > largest)
    return 0;
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 4 ? ToNumber(argv[1], 65535) : 0;
  const int clients = argc == 4 ? ToNumber(argv[2], 10'000) : 0;
  const int milliseconds = argc == 4 ? ToNumber(argv[3], 600'000) : 0;
  if (port == 0 || clients == 0 || milliseconds == 0) {
    std::cerr << "usage: load PORT CLIENTS MILLISECONDS\n";
    return 2;
  }
  try {
    Run(static_cast<std::uint16_t>(port), clients,
        std::chrono::milliseconds(milliseconds));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "load: " << error.what() << std::endl;
    return 1;
  }
}
