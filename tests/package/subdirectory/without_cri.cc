// SPDX-License-Identifier: Apache-2.0

// Uses a library that was built without the CRI: prints why there is no
// CriClient, and whom kAuto asks.

#include <containercollector/containercollector.h>

#include <iostream>

int main() {
  using namespace containercollector;
  RuntimeOptions options;
  options.kind = RuntimeKind::kAuto;
  std::cout << ToString(MakeRuntime(options)->Choice().kind) << '\n';
  options.kind = RuntimeKind::kCri;
  try {
    (void)MakeRuntime(options);
  } catch (const Error& error) {
    std::cout << ToString(error.code()) << ": " << error.what() << '\n';
  }
}
