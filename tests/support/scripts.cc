// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripts.h"

#include <utility>

namespace containercollector::test {

Script RespondWith(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    exchange.Send(answer);
  };
}

Script RespondAndClose(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    exchange.Send(answer);
    exchange.Close();
  };
}

Script RespondSlowly(std::string answer, std::chrono::milliseconds interval) {
  return [answer = std::move(answer), interval](const Request&,
                                                Exchange& exchange) {
    exchange.SendSlowly(answer, interval);
  };
}

Script RespondWhenReleased(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    if (exchange.WaitUntilReleased()) exchange.Send(answer);
  };
}

Script NeverRespond() {
  return [](const Request&, Exchange& exchange) { exchange.Hang(); };
}

Script CloseWithoutResponse() {
  return [](const Request&, Exchange& exchange) { exchange.Close(); };
}

Script ResetWithoutResponse() {
  return [](const Request&, Exchange& exchange) { exchange.Reset(); };
}

Script DieAfter(std::size_t kept, Script script) {
  return [kept, script = std::move(script)](const Request& request,
                                            Exchange& exchange) {
    if (request.sequence <= kept) {
      script(request, exchange);
    } else {
      exchange.Close();
    }
  };
}

}  // namespace containercollector::test
