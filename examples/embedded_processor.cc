// SPDX-License-Identifier: Apache-2.0

// Mounts the processor's routes in a program that has its own HTTP server, here
// civetweb, next to one of the program's own routes.

#include <civetweb.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "containercollector/containercollector.h"

namespace {

namespace cc = containercollector;

int Send(mg_connection* connection, const cc::Response& response) {
  mg_response_header_start(connection, response.status);
  const auto add = [&](const std::string& name, const std::string& value) {
    mg_response_header_add(connection, name.c_str(), value.c_str(), -1);
  };
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body.size()));
  for (const auto& [name, value] : response.headers) add(name, value);
  mg_response_header_send(connection);
  const std::string method = mg_get_request_info(connection)->request_method;
  if (method != "HEAD")
    mg_write(connection, response.body.data(), response.body.size());
  return response.status;
}

// civetweb calls the handlers on its own threads, which share one Processor.
int Collect(mg_connection* connection, void* processor) {
  const mg_request_info* request = mg_get_request_info(connection);
  std::string target = request->local_uri;
  if (request->query_string != nullptr)
    target += std::string("?") + request->query_string;
  return Send(connection, static_cast<const cc::Processor*>(processor)->Handle(
                              request->request_method, target));
}

int Health(mg_connection* connection, void*) {
  mg_send_http_ok(connection, "text/plain", 3);
  mg_write(connection, "ok\n", 3);
  return 200;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Serves POST " + std::string(cc::Processor::kArrayPath) +
               ", POST " + std::string(cc::Processor::kObjectPath) +
               " and GET /health.");
  try {
    auto daemon = cc::RuntimeOptions::FromEnvironment();
    std::string listen = "127.0.0.1:8092";
    app.add_option("--host", daemon.docker_endpoint,
                   "Endpoint of the daemon; default: $DOCKER_HOST");
    app.add_option("--listen", listen, "Address and port to listen on")
        ->capture_default_str();
    app.parse(argc, argv);
    cc::Processor processor{cc::DockerClient(daemon)};

    // Block the signals before civetweb starts threads, which inherit the mask.
    // Then only sigwait() receives them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const char* options[] = {"listening_ports", listen.c_str(), "num_threads",
                             "16", nullptr};
    const std::unique_ptr<mg_context, decltype(&mg_stop)> server(
        mg_start(nullptr, nullptr, options), mg_stop);
    if (server == nullptr) {
      std::cerr << "Cannot listen on " << listen
                << ": the port is taken, or this machine has no such address. "
                   "Write another after --listen.\n";
      return 1;
    }
    // Without "$", the pattern would also match longer paths.
    for (const std::string_view path :
         {cc::Processor::kArrayPath, cc::Processor::kObjectPath})
      mg_set_request_handler(server.get(), (std::string(path) + "$").c_str(),
                             Collect, &processor);
    mg_set_request_handler(server.get(), "/health$", Health, nullptr);

    mg_server_port port{};
    mg_get_server_ports(server.get(), 1, &port);
    std::cout << "Listening on port " << port.port << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const cc::Error& error) {
    std::cerr << error.what() << '\n';
    return error.code() == cc::ErrorCode::kInvalidArgument ? 2 : 1;
  }
}
