// SPDX-License-Identifier: Apache-2.0

#include "tests/support/process.h"

#include <signal.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/environment.h"
#include "tests/support/program.h"

namespace containercollector::test {
namespace {

/// The value of a variable of this process; "unset" if it has none.
std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "unset" : value;
}

std::string VariableOfChild(const std::string& name,
                            const Environment& environment = {}) {
  return Run({"sh", "-c", "printf %s \"${" + name + "-unset}\""}, environment)
      .out;
}

}  // namespace

TEST_CASE("Run returns the exit code and both outputs") {
  const Output output = Run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(output.exit_code == 3);
  CHECK(output.out == "out\n");
  CHECK(output.err == "err\n");
  CHECK(Run({"sh", "-c", "kill -KILL $$"}).exit_code == 128 + SIGKILL);
}

TEST_CASE("Programs see the added variables, and none of Docker's") {
  const ScopedEnvironment environment{
      {"DOCKER_HOST", "unix:///of/this/process"}, {"KIT_TEST", "kept"}};
  CHECK(VariableOfChild("DOCKER_HOST") == "unset");
  CHECK(VariableOfChild("KIT_TEST") == "kept");
  CHECK(VariableOfChild("DOCKER_HOST", {{"DOCKER_HOST", "a=b"}}) == "a=b");
}

TEST_CASE("An environment guard restores what it changed") {
  const ScopedEnvironment outer{{"DOCKER_HOST", "outer"}, {"KIT_TEST", "1"}};
  {
    const ScopedEnvironment inner{{"KIT_TEST", "2"}, {"KIT_OTHER", "3"}};
    CHECK(Variable("DOCKER_HOST") == "unset");
    CHECK(Variable("KIT_TEST") == "2");
    CHECK(Variable("KIT_OTHER") == "3");
  }
  CHECK(Variable("DOCKER_HOST") == "outer");
  CHECK(Variable("KIT_TEST") == "1");
  CHECK(Variable("KIT_OTHER") == "unset");
}

TEST_CASE("A program is suspended, resumed and terminated") {
  Program program({"sh", "-c", "echo ready; exec sleep 1000"});
  CHECK(program.WaitForLine() == "ready");
  program.Suspend();
  CHECK(program.IsRunning());
  program.Signal(SIGCONT);
  CHECK(program.Terminate() == 128 + SIGTERM);
  CHECK_FALSE(program.IsRunning());
  CHECK(program.Output() == "ready\n");
}

TEST_CASE("A program that ends without a line is reported with its errors") {
  Program program({"sh", "-c", "printf part; echo reason >&2"});
  CHECK_THROWS_WITH(program.WaitForLine(), "a program did not start: reason\n");
}

}  // namespace containercollector::test
