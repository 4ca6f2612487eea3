// SPDX-License-Identifier: Apache-2.0
#include "server/http/response_queue.h"

#include <poll.h>

#include "tests/support/catch.h"

using namespace containercollector::server;

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
