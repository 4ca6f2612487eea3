// SPDX-License-Identifier: Apache-2.0

#include "server/collect/runtimes.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace containercollector;
using containercollector::server::Runtime;
using containercollector::server::Runtimes;
using containercollector::test::TempDir;

namespace {

/// A source with an endpoint alone.
class FakeSource final : public ContainerRuntime {
 public:
  explicit FakeSource(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& /*options*/,
                          const ContainerVisitor& /*visitor*/,
                          const CallOptions& /*call*/) const override {}
  PingResult DoPing(const CallOptions& /*call*/) const override { return {}; }

  std::string endpoint_;
};

Runtime FakeRuntime(const std::string& endpoint) {
  return {"fake", "The fake", Processor(FakeSource(endpoint)),
          std::make_unique<const FakeSource>(endpoint)};
}

std::vector<Runtime> FakeRuntimes(const std::vector<std::string>& endpoints) {
  std::vector<Runtime> runtimes;
  for (const std::string& endpoint : endpoints)
    runtimes.push_back(FakeRuntime(endpoint));
  return runtimes;
}

/// The endpoint of the chosen runtime; empty if there is none.
std::string Chosen(Runtimes& runtimes) {
  const Runtime* const runtime = runtimes.Choose();
  return runtime == nullptr ? "" : runtime->endpoint();
}

void Touch(const std::string& path) { std::ofstream(path) << ""; }

}  // namespace

TEST_CASE("The only runtime is asked whether or not its socket exists") {
  const TempDir dir;
  const std::string endpoint = "unix://" + dir.path() + "/sock";
  Runtimes runtimes(FakeRuntimes({endpoint}));
  CHECK(Chosen(runtimes) == endpoint);
  Touch(dir / "sock");
  CHECK(Chosen(runtimes) == endpoint);
}

TEST_CASE("Of several runtimes, the first whose socket exists now is asked") {
  const TempDir dir;
  const std::string first = "unix://" + dir.path() + "/first";
  const std::string second = "unix://" + dir.path() + "/second";
  const std::string third = "unix://" + dir.path() + "/third";
  Runtimes runtimes(FakeRuntimes({first, second, third}));
  CHECK(Chosen(runtimes).empty());
  Touch(dir / "third");
  CHECK(Chosen(runtimes) == third);
  Touch(dir / "second");
  CHECK(Chosen(runtimes) == second);
  Touch(dir / "first");
  CHECK(Chosen(runtimes) == first);
  std::filesystem::remove(dir / "first");
  CHECK(Chosen(runtimes) == second);
  std::filesystem::remove(dir / "second");
  std::filesystem::remove(dir / "third");
  CHECK(Chosen(runtimes).empty());
}

TEST_CASE("A runtime behind TCP may always exist") {
  Runtimes runtimes(
      FakeRuntimes({"unix:///nonexistent/sock", "tcp://127.0.0.1:2375"}));
  CHECK(Chosen(runtimes) == "tcp://127.0.0.1:2375");
}

TEST_CASE("If no socket exists, the text names all of them and what to do") {
  Runtimes runtimes(FakeRuntimes({"unix:///nonexistent/a", "unix:///b"}));
  CHECK(Chosen(runtimes).empty());
  CHECK(runtimes.none_text() ==
        "Cannot find a container runtime: none of these sockets exists: "
        "unix:///nonexistent/a, unix:///b. Is a container runtime running? If "
        "its socket is elsewhere, name it with --docker-endpoint or "
        "--cri-endpoint.");
}
