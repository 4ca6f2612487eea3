// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_runtime.h"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/grpc.h"
#include "tests/support/raw_client.h"
#include "tests/support/runtime_scripts.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {
namespace {

using namespace std::chrono_literals;
using End = GrpcResult::End;

constexpr auto kSoon = 30s;

std::string PathOf(const std::string& method) {
  return "/" + std::string(kCriService) + "/" + method;
}

/// Field 1 of a request: the id that it asks for.
std::string Id(const std::string& id) {
  return "\x0a" + std::string(1, static_cast<char>(id.size())) + id;
}

CriNode TwoContainers() {
  CriNode node;
  node.containers.resize(2);
  node.containers[0].id = "first";
  node.containers[1].id = "second";
  return node;
}

struct Runtime {
  explicit Runtime(RuntimeScript script = GoodRuntime(TwoContainers()),
                   DaemonOptions options = {})
      : runtime(dir / "cri.sock", std::move(script), options) {}

  GrpcResult Call(const std::string& method, std::string_view message = "",
                  std::chrono::milliseconds timeout = kSoon) const {
    return GrpcClient(runtime.endpoint())
        .Call(PathOf(method), message, timeout);
  }

  TempDir dir;
  ScriptedRuntime runtime;
};

/// What a client gets of a response to ListContainers with this change.
template <typename Change>
GrpcResult Changed(Change change) {
  const Runtime node(
      Changing(GoodRuntime(TwoContainers()), "ListContainers", change));
  return node.Call("ListContainers");
}

int ConnectError(const std::string& host) {
  try {
    const RawClient client(host);
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

}  // namespace

TEST_CASE("a runtime responds with a message, and with a status in trailers") {
  const Runtime node;
  const GrpcResult result = node.Call("ContainerStatus", Id("second"));

  CHECK(result.end == End::kWhole);
  CHECK(FindHeader(result.headers, ":status") == "200");
  CHECK(FindHeader(result.headers, "content-type") == "application/grpc");
  CHECK(FindHeader(result.trailers, "grpc-status") == "0");
  CHECK(FirstString(FirstString(result.Message())) == "second");

  const std::vector<RuntimeCall> calls = node.runtime.Calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].path == "/runtime.v1.RuntimeService/ContainerStatus");
  CHECK(calls[0].method == "ContainerStatus");
  CHECK(calls[0].message == Id("second"));
  CHECK(calls[0].connection == 1);
  CHECK(node.runtime.CallsOf("ContainerStatus") == 1);
  CHECK(node.runtime.CallsOf("Version") == 0);
  CHECK(node.runtime.Errors().empty());
}

TEST_CASE("a runtime knows the methods that a collection needs") {
  const Runtime node;
  const std::string method =
      GENERATE("Version", "ListContainers", "ListPodSandbox",
               "ListContainerStats", "ContainerStatus", "ContainerStats");
  INFO(method);
  CHECK(node.Call(method, Id("first")).Status() == 0);
}

TEST_CASE("a runtime names what it does not have, as gRPC servers do") {
  const Runtime node;
  CHECK(node.Call("Nonsense").Status() == 12);
  CHECK(node.Call("Nonsense").ErrorMessage() ==
        "unknown method Nonsense for service runtime.v1.RuntimeService");
  CHECK(node.Call("ContainerStatus", Id("third")).Status() == 5);
  CHECK(node.Call("ContainerStatus", Id("third")).ErrorMessage() ==
        "an error occurred when try to find container \"third\": not found");

  const Runtime bare(RuntimeWithoutCri());
  CHECK(bare.Call("Version").Status() == 12);
  CHECK(bare.Call("Version").ErrorMessage() ==
        "unknown service runtime.v1.RuntimeService");
  const Runtime old(GoodRuntime({}, kOldCriService));
  CHECK(old.Call("Version").Status() == 12);
}

TEST_CASE("an error comes in the only headers, or in trailers") {
  const Runtime alone(With(GoodRuntime({}), "Version",
                           GrpcError(GrpcCode::kInternal, "it broke")));
  const GrpcResult only_headers = alone.Call("Version");
  CHECK(FindHeader(only_headers.headers, "grpc-status") == "13");
  CHECK(only_headers.ErrorMessage() == "it broke");
  CHECK(only_headers.trailers.empty());
  CHECK_THROWS_WITH(only_headers.Message(),
                    "a gRPC call failed: status 13, it broke");

  const Runtime later(
      With(GoodRuntime({}), "Version",
           GrpcErrorInTrailers(GrpcCode::kInternal, "it broke")));
  const GrpcResult trailers = later.Call("Version");
  CHECK_FALSE(FindHeader(trailers.headers, "grpc-status"));
  CHECK(FindHeader(trailers.trailers, "grpc-status") == "13");
  CHECK(trailers.ErrorMessage() == "it broke");
}

TEST_CASE("a slow call does not delay the others of its connection") {
  Runtime node(Changing(
      GoodRuntime(TwoContainers()), "ContainerStatus",
      [](RuntimeResponse& response) { response.when_released = true; }));
  GrpcClient client(node.runtime.endpoint());
  const std::int32_t slow =
      client.Begin(PathOf("ContainerStatus"), Id("first"));
  CHECK(client.Call(PathOf("ListContainers"), "").Status() == 0);
  CHECK(client.Wait(slow, 10ms).end == End::kTimedOut);

  node.runtime.Release();
  CHECK(client.Wait(slow).Status() == 0);
  CHECK(node.runtime.ConnectionsOpened() == 1);
}

TEST_CASE("a delayed response comes") {
  const GrpcResult result =
      Changed([](RuntimeResponse& response) { response.delay = 5ms; });
  CHECK(result.Status() == 0);
}

TEST_CASE("a runtime serves many calls at once") {
  constexpr std::size_t kCalls = 500;
  const Runtime node;
  GrpcClient client(node.runtime.endpoint());
  std::vector<std::int32_t> calls;
  for (std::size_t i = 0; i < kCalls; ++i)
    calls.push_back(client.Begin(PathOf("ContainerStatus"), Id("first")));
  std::size_t succeeded = 0;
  for (const std::int32_t call : calls)
    succeeded += client.Wait(call).Status() == 0 ? 1 : 0;
  CHECK(succeeded == kCalls);
  CHECK(node.runtime.Calls().size() == kCalls);
}

TEST_CASE("a large response of the runtime arrives whole") {
  const std::string large(std::size_t{20} << 20, 'x');
  const Runtime node(With(GoodRuntime({}), "Version", GrpcOk(large)));
  const GrpcResult result = node.Call("Version");
  CHECK(result.Status() == 0);
  CHECK((result.Message() == large));
}

TEST_CASE("a response can lack its trailers") {
  const GrpcResult result = Changed([](RuntimeResponse& response) {
    response.end = RuntimeResponse::End::kNoTrailers;
  });
  CHECK(result.end == End::kWhole);
  CHECK(GrpcMessage(result.body));
  CHECK_FALSE(result.Status());
}

TEST_CASE("a response can end in the middle of its message") {
  const auto end =
      GENERATE(RuntimeResponse::End::kTrailers, RuntimeResponse::End::kReset,
               RuntimeResponse::End::kClose);
  const GrpcResult result = Changed([end](RuntimeResponse& response) {
    response.body.resize(response.body.size() / 2);
    response.end = end;
  });
  CHECK_FALSE(result.body.empty());
  CHECK_FALSE(GrpcMessage(result.body));
  CHECK(result.end == (end == RuntimeResponse::End::kTrailers ? End::kWhole
                       : end == RuntimeResponse::End::kReset
                           ? End::kReset
                           : End::kConnectionClosed));
}

TEST_CASE("a response can have any flag and length before its message") {
  CHECK(GrpcPrefix(1, 0x01020304) == "\x01\x01\x02\x03\x04");
  const GrpcResult result = Changed([](RuntimeResponse& response) {
    response.body.replace(0, 5, GrpcPrefix(1, 7));
  });
  CHECK(result.body.substr(0, 5) == GrpcPrefix(1, 7));
  CHECK(result.Status() == 0);
}

TEST_CASE("a call that never ends does so when the runtime stops") {
  Runtime node(Changing(GoodRuntime({}), "", [](RuntimeResponse& response) {
    response.end = RuntimeResponse::End::kNever;
  }));
  GrpcClient client(node.runtime.endpoint());
  const std::int32_t call = client.Begin(PathOf("ListContainers"), "");
  REQUIRE(node.runtime.WaitForCalls(1, kSoon));
  CHECK(client.Wait(call, 10ms).end == End::kTimedOut);
  node.runtime.Stop();
  CHECK(client.Wait(call).end == End::kConnectionClosed);
}

TEST_CASE("a runtime notices that its client has left") {
  const Runtime node(Changing(
      GoodRuntime({}), "",
      [](RuntimeResponse& response) { response.when_released = true; }));
  {
    GrpcClient client(node.runtime.endpoint());
    client.Begin(PathOf("ListContainers"), "");
    REQUIRE(node.runtime.WaitForCalls(1, kSoon));
    CHECK(node.runtime.WaitForOpenConnections(1, kSoon));
  }
  CHECK(node.runtime.WaitForOpenConnections(0, kSoon));
}

TEST_CASE(
    "a runtime that accepts or reads nothing serves once it is released") {
  const auto behaviour =
      GENERATE(Behaviour::kNeverAccepts, Behaviour::kNeverReads);
  Runtime node(GoodRuntime({}), {behaviour});
  GrpcClient client(node.runtime.endpoint());
  const std::int32_t call = client.Begin(PathOf("ListContainers"), "");
  if (behaviour == Behaviour::kNeverReads)
    CHECK(node.runtime.WaitForConnections(1, kSoon));
  CHECK(client.Wait(call, 10ms).end == End::kTimedOut);
  CHECK(node.runtime.Calls().empty());

  node.runtime.Release();
  CHECK(client.Wait(call).Status() == 0);
}

TEST_CASE("a runtime that is killed leaves a socket that rejects") {
  Runtime node;
  const std::string endpoint = node.runtime.endpoint();
  CHECK(endpoint == "unix://" + node.dir.path() + "/cri.sock");
  node.runtime.Stop(SocketFile::kLeave);
  CHECK(ConnectError(endpoint) == ECONNREFUSED);
  {
    const ScriptedRuntime next(node.dir / "cri.sock", GoodRuntime({}));
    CHECK(GrpcClient(endpoint).Call(PathOf("Version"), "").Status() == 0);
  }
  CHECK(ConnectError(endpoint) == ENOENT);
}

TEST_CASE("a runtime closes a connection that is not HTTP/2") {
  const Runtime node;
  RawClient client(node.runtime.endpoint());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  CHECK(client.ReceiveToEnd().end != RawClient::End::kTimedOut);
  CHECK(node.runtime.WaitForOpenConnections(0, kSoon));
  REQUIRE(node.runtime.Errors().size() == 1);
  CHECK(node.runtime.Errors()[0].rfind("not HTTP/2: ", 0) == 0);
}

TEST_CASE("what a script throws closes the connection and is kept") {
  const Runtime node([](const RuntimeCall&) -> RuntimeResponse {
    throw std::runtime_error("no such luck");
  });
  CHECK(node.Call("Version").end == End::kConnectionClosed);
  CHECK(node.runtime.Errors() == std::vector<std::string>{"no such luck"});
}

TEST_CASE("a script can be replaced") {
  Runtime node;
  node.runtime.SetScript(RuntimeWithoutCri());
  CHECK(node.Call("Version").Status() == 12);
}

}  // namespace containercollector::test
