/// What the command line says.
#ifndef CONTAINERCOLLECTOR_SERVER_OPTIONS_H_
#define CONTAINERCOLLECTOR_SERVER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <variant>

#include "containercollector/client_options.h"

namespace containercollector::server {

struct Options {
  ClientOptions docker;
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 8091;
};

/// Why there is nothing to serve: the text to print (on stdout when the code is
/// 0, else on stderr), and the code to exit with.
struct ParseExit {
  int code = 0;
  std::string text;
};

/// Reads the command line and the environment.
std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_OPTIONS_H_
