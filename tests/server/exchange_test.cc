// SPDX-License-Identifier: Apache-2.0
#include "server/http/exchange.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "tests/support/catch.h"
#include "tests/support/posix.h"

using namespace containercollector::server;
using containercollector::test::FileDescriptor;

namespace {

bool IsAwake(const ResponseQueue& queue) {
  pollfd event{queue.wake_fd(), POLLIN, 0};
  return poll(&event, 1, 0) == 1;
}

}  // namespace

TEST_CASE(
    "A response reaches the server's thread if the request is suspended") {
  const auto queue = std::make_shared<ResponseQueue>();
  const auto request = std::make_shared<PendingRequest>(queue, nullptr);
  SECTION("It wakes the thread") {
    Responder responder(request);
    CHECK(queue->Suspend(*request));
    CHECK(queue->Take() == nullptr);
    CHECK_FALSE(IsAwake(*queue));
    responder.Send(TextResponse(200, "ok"));
    CHECK(IsAwake(*queue));
    CHECK(queue->Take() == request);
    CHECK_FALSE(IsAwake(*queue));
    CHECK(*request->response->body == "ok");
  }
  SECTION("A request with a response is not suspended") {
    Responder(request).Send(TextResponse(200, "ok"));
    CHECK_FALSE(queue->Suspend(*request));
    CHECK(queue->Take() == nullptr);
  }
  SECTION("A responder that is moved and destroyed sends once, and nothing") {
    {
      Responder responder(request);
      const Responder moved(std::move(responder));
      CHECK(queue->Suspend(*request));
    }
    CHECK(queue->Take() == request);
    CHECK_FALSE(request->response);
  }
  SECTION("A responder knows whether its client left") {
    const Responder responder(request);
    CHECK_FALSE(responder.ClientLeft());
    request->client_left = true;
    CHECK(responder.ClientLeft());
  }
}

TEST_CASE("Bodies in flight count once, and one of any size is accepted") {
  const auto body = [](std::size_t size) {
    return std::make_shared<const std::string>(size, 'x');
  };
  InFlightBodies bodies(10'000);
  const auto huge = body(50'000);
  CHECK(bodies.Add(huge));
  CHECK(bodies.Add(huge));
  CHECK(bodies.bytes() == 50'000);
  CHECK_FALSE(bodies.Add(body(5'000)));
  CHECK(bodies.Add(body(4096)));
  bodies.Remove(huge);
  CHECK(bodies.bytes() == 50'000);
  bodies.Remove(huge);
  CHECK(bodies.bytes() == 0);

  const auto first = body(5'000);
  const auto second = body(5'000);
  CHECK(bodies.Add(first));
  CHECK(bodies.Add(second));
  CHECK_FALSE(bodies.Add(body(4097)));
}

TEST_CASE("The oldest receiving connection makes room first") {
  std::array<FileDescriptor, 4> ours;
  std::array<FileDescriptor, 4> theirs;
  Connections connections;
  const auto add = [&](std::size_t i, Connection::State state,
                       Connection::Time deadline) {
    std::array<int, 2> pair{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
    ours.at(i) = FileDescriptor(pair[0]);
    theirs.at(i) = FileDescriptor(pair[1]);
    connections.try_emplace(pair[0], pair[0], nullptr)
        .first->second.Enter(state, deadline);
  };
  const auto time = [](int seconds) {
    return Connection::Time(std::chrono::seconds(seconds));
  };
  add(0, Connection::State::kSending, time(1));
  add(1, Connection::State::kReceiving, time(3));
  add(2, Connection::State::kReceiving, time(2));
  add(3, Connection::State::kPending, Connection::Time::max());
  for (const char* expected : {"2", "12", "012", "012"}) {
    CloseLongest(connections);
    std::string closed;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      char byte = 0;
      if (recv(theirs.at(i).get(), &byte, 1, MSG_DONTWAIT) == 0)
        closed += std::to_string(i);
    }
    CHECK(closed == expected);
  }
}
