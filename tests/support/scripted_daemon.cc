// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_daemon.h"

#include <optional>
#include <stdexcept>
#include <utility>

namespace containercollector::test {

ScriptedDaemon::ScriptedDaemon(const Address& address, Script script,
                               DaemonOptions options)
    : ScriptedServer(address, options) {
  SetScript(std::move(script));
  Serve([this](Exchange& exchange, std::size_t connection) {
    Respond(exchange, connection);
  });
}

void ScriptedDaemon::SetScript(Script script) {
  Update([&] { script_ = std::make_shared<const Script>(std::move(script)); });
}

bool ScriptedDaemon::WaitForRequests(std::size_t count,
                                     std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return requests_.size() >= count; });
}

void ScriptedDaemon::Respond(Exchange& exchange, std::size_t connection) {
  std::string bytes;
  for (std::size_t sequence = 1; exchange.IsOpen();) {
    std::optional<Request> request;
    try {
      request = TakeRequest(bytes);
    } catch (const std::runtime_error&) {
      exchange.Send(UntilClose(400, kPlainText, "400 Bad Request", {}));
      throw;
    }
    if (!request) {
      if (!exchange.Receive(bytes)) return;
      continue;
    }
    request->connection = connection;
    request->sequence = sequence++;
    std::shared_ptr<const Script> script;
    Update([&] {
      requests_.push_back(*request);
      script = script_;
    });
    (*script)(*request, exchange);
    if (request->Header("Connection") == "close") return;
  }
}

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
    for (const char& c : response) {
      if (!exchange.Send({&c, 1}) || !exchange.Pause(interval)) return;
    }
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
    if (request.sequence > kept) return exchange.Close();
    script(request, exchange);
  };
}

}  // namespace containercollector::test
