// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripts.h"

#include <utility>

namespace containercollector::test {

Script RespondWith(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    exchange.Send(response);
  };
}

Script RespondAndClose(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    exchange.Send(response);
    exchange.Close();
  };
}

Script RespondSlowly(std::string response, std::chrono::milliseconds interval) {
  return [response = std::move(response), interval](const Request&,
                                                    Exchange& exchange) {
    exchange.SendSlowly(response, interval);
  };
}

Script RespondWhenReleased(std::string response) {
  return [response = std::move(response)](const Request&, Exchange& exchange) {
    if (exchange.WaitUntilReleased()) exchange.Send(response);
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
