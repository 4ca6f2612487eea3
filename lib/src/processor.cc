// SPDX-License-Identifier: Apache-2.0

#include "containercollector/processor.h"

#include <exception>

#include "lib/src/json/encoder.h"
#include "lib/src/json/utf8.h"

namespace containercollector {
namespace {

constexpr std::size_t kMaxMethodInText = 32;

Response TextResponse(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace

std::variant<ListOptions, Response> Processor::Parse(std::string_view method,
                                                     std::string_view query) {
  if (method != "POST") {
    const std::string name =
        internal::RepairUtf8(method.substr(0, kMaxMethodInText));
    Response response =
        TextResponse(405, "method " + name + " is not supported");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  try {
    return ParseListOptions(query);
  } catch (const Error& error) {
    Response response = TextResponse(400, error.what());
    response.error = error.code();
    return response;
  }
}

Response Processor::Collect(const ListOptions& options) const {
  try {
    Response response;
    response.status = 200;
    response.content_type = "application/json";
    response.body = "[";
    client_.ForEachContainer(options, [&](const Container& container) {
      if (response.container_count++ > 0) response.body += ',';
      internal::AppendContainer(container, response.body);
    });
    response.body += ']';
    return response;
  } catch (const Error& error) {
    // A filter that the daemon rejects is the caller's mistake.
    const int status = error.code() == ErrorCode::kRequestRejected ? 400 : 500;
    Response response = TextResponse(status, error.what());
    response.error = error.code();
    return response;
  } catch (const std::exception& error) {
    // Most likely out of memory.
    Response response = TextResponse(
        500, std::string("Collecting containers failed: ") + error.what());
    response.error = ErrorCode::kInternal;
    return response;
  }
}

Response Processor::Handle(std::string_view method,
                           std::string_view query) const {
  auto parsed = Parse(method, query);
  if (auto* refusal = std::get_if<Response>(&parsed))
    return std::move(*refusal);
  return Collect(std::get<ListOptions>(parsed));
}

}  // namespace containercollector
