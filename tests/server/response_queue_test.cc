// SPDX-License-Identifier: Apache-2.0
/// How a response gets from any thread to the server's thread.
#include <poll.h>

#include "server/http/responder.h"
#include "tests/support/catch.h"

using namespace containercollector::server;

namespace {

/// A pending request; its exchange is never used.
struct Pending {
  std::shared_ptr<ResponseQueue> queue = std::make_shared<ResponseQueue>();
  Exchange* const none = nullptr;
  std::shared_ptr<PendingRequest> request =
      std::make_shared<PendingRequest>(none);
};

bool IsAwake(ResponseQueue& queue) {
  pollfd event{queue.wake().fd(), POLLIN, 0};
  return poll(&event, 1, 0) == 1;
}

}  // namespace

TEST_CASE("A response to a suspended request wakes the server's thread") {
  Pending pending;
  Responder responder(pending.queue, pending.request);
  CHECK(pending.queue->Suspend(*pending.request));
  CHECK(pending.queue->Take() == nullptr);
  CHECK_FALSE(IsAwake(*pending.queue));
  responder.Send(TextResponse(200, "ok"));
  CHECK(IsAwake(*pending.queue));
  CHECK(pending.queue->Take() == pending.request);
  CHECK(*pending.request->response->body == "ok");
}

TEST_CASE("A request with a response is not suspended") {
  Pending pending;
  Responder(pending.queue, pending.request).Send(TextResponse(200, "ok"));
  CHECK_FALSE(pending.queue->Suspend(*pending.request));
  CHECK(pending.queue->Take() == nullptr);
}

TEST_CASE("A responder that is destroyed or moved sends once") {
  Pending pending;
  {
    Responder responder(pending.queue, pending.request);
    const Responder moved(std::move(responder));
    CHECK(pending.queue->Suspend(*pending.request));
  }
  CHECK(pending.queue->Take() == pending.request);
  CHECK_FALSE(pending.request->response);
}

TEST_CASE("A responder knows whether its client left") {
  Pending pending;
  Responder responder(pending.queue, pending.request);
  CHECK_FALSE(responder.ClientLeft());
  pending.request->client_left = true;
  CHECK(responder.ClientLeft());
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
