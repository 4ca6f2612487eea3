// SPDX-License-Identifier: Apache-2.0

// Calls while the resolver of host names hangs. They run in a child process,
// because the resolver's threads live as long as the process.

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>

#include "tests/integration/node.h"
#include "tests/support/error_of.h"
#include "tests/support/posix.h"
#include "tests/support/program.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

constexpr const char* kHungHost = "hung.test";
std::atomic<int> hung_resolutions{0};

RuntimeOptions HungOptions(std::chrono::nanoseconds connect_timeout) {
  RuntimeOptions options = PatientOptions(std::string("tcp://") + kHungHost);
  options.connect_timeout = connect_timeout;
  return options;
}

}  // namespace

/// Takes the place of the C library's function, which libcurl calls.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(
    const char* node, const char* service, const addrinfo* hints,
    addrinfo** result) {
  if (node != nullptr && std::string_view(node) == kHungHost) {
    ++hung_resolutions;
    while (true) pause();
  }
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}

TEST_CASE("Calls with a hung resolver", "[.][hung-resolver]") {
  CheckFailed(Post(HungOptions(std::chrono::milliseconds(300))),
              ErrorCode::kTimeout,
              "within 300ms. The name of its host was not resolved");
  // libcurl 8.23 looks up IPv4 and IPv6 on their own, 8.14 both at once.
  const int before = hung_resolutions;
  Cancellation cancellation;
  std::thread canceller([&] {
    CHECK(WaitUntil([&] { return hung_resolutions > before; }, kGenerous));
    cancellation.Cancel();
  });
  CallOptions call;
  call.cancellation = &cancellation;
  const DockerClient client(HungOptions(kGenerous));
  CHECK(ErrorOf([&] { return client.ListContainers({}, call); }).code() ==
        ErrorCode::kCancelled);
  canceller.join();
}

TEST_CASE("A resolver that hangs delays no timeout, no cancellation, no exit") {
  Program child(
      {std::filesystem::read_symlink("/proc/self/exe"), "[hung-resolver]"});
  const auto exit_code = child.Process::WaitForExit(kGenerous / 2);
  INFO(child.Output());
  CHECK(exit_code == 0);
}
