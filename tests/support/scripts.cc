// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripts.h"

#include <utility>

namespace containercollector::test {

Script AnswerWith(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    exchange.Send(answer);
  };
}

Script AnswerAndClose(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    exchange.Send(answer);
    exchange.Close();
  };
}

Script AnswerSlowly(std::string answer, std::chrono::milliseconds interval) {
  return [answer = std::move(answer), interval](const Request&,
                                                Exchange& exchange) {
    exchange.SendSlowly(answer, interval);
  };
}

Script AnswerWhenReleased(std::string answer) {
  return [answer = std::move(answer)](const Request&, Exchange& exchange) {
    if (exchange.WaitUntilReleased()) exchange.Send(answer);
  };
}

Script NeverAnswer() {
  return [](const Request&, Exchange& exchange) { exchange.Hang(); };
}

Script CloseWithoutAnswer() {
  return [](const Request&, Exchange& exchange) { exchange.Close(); };
}

Script ResetWithoutAnswer() {
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
