// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/http.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace containercollector::engine {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

HttpResponse Parse(const std::string& message) {
  const std::string kBlankLine = "\r\n\r\n";
  const std::size_t head_end = message.find(kBlankLine);
  if (head_end == std::string::npos) {
    throw std::runtime_error("no HTTP answer: " + message);
  }
  HttpResponse answer;
  answer.body = message.substr(head_end + kBlankLine.size());

  std::istringstream head(message.substr(0, head_end));
  std::string http_version;
  head >> http_version >> answer.status;
  std::string line;
  std::getline(head, line);
  while (std::getline(head, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    answer.headers[LowerCase(line.substr(0, colon))] =
        value == std::string::npos ? "" : line.substr(value);
  }
  return answer;
}

}  // namespace

std::string HttpResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpResponse Curl(const test::Command& arguments) {
  return Parse(test::RunSuccessfully(
      test::Joined({"curl", "--disable", "--silent", "--show-error",
                    "--include", "--max-time", "60"},
                   arguments)));
}

HttpResponse AskDaemon(const std::string& socket, const std::string& path) {
  return Curl({"--unix-socket", socket, "http://d" + path});
}

}  // namespace containercollector::engine
