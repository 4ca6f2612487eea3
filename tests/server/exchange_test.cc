// SPDX-License-Identifier: Apache-2.0
#include "server/http/exchange.h"

#include <sys/socket.h>

#include <array>

#include "tests/support/catch.h"
#include "tests/support/posix.h"

using namespace containercollector::server;
using containercollector::test::FileDescriptor;

TEST_CASE("Room is made by receiving connections first, the oldest of them") {
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
