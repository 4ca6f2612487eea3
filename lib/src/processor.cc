#include "containercollector/processor.h"

#include <exception>

#include "containercollector/json.h"
#include "lib/src/utf8.h"

namespace containercollector {
namespace {

constexpr std::size_t kMaxMethodInText = 32;

ProcessorResponse TextResponse(int status, std::string text) {
  ProcessorResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace

std::variant<ListOptions, ProcessorResponse> Processor::Parse(
    std::string_view method, std::string_view query) {
  if (method != "POST") {
    const std::string name =
        internal::RepairUtf8(method.substr(0, kMaxMethodInText));
    ProcessorResponse response =
        TextResponse(405, "method " + name + " is not supported");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  try {
    return ParseListOptions(query);
  } catch (const Error& error) {
    ProcessorResponse response = TextResponse(400, error.what());
    response.error = error.code();
    return response;
  }
}

ProcessorResponse Processor::Collect(const ListOptions& options) const {
  try {
    const std::vector<Container> containers = client_.ListContainers(options);
    ProcessorResponse response;
    response.status = 200;
    response.content_type = "application/json";
    response.body = EncodeContainers(containers);
    response.container_count = containers.size();
    return response;
  } catch (const Error& error) {
    ProcessorResponse response = TextResponse(500, error.what());
    response.error = error.code();
    return response;
  } catch (const std::exception& error) {
    // Most likely out of memory.
    ProcessorResponse response = TextResponse(
        500, std::string("Collecting containers failed: ") + error.what());
    response.error = ErrorCode::kInternal;
    return response;
  }
}

ProcessorResponse Processor::Handle(std::string_view method,
                                    std::string_view query) const {
  auto parsed = Parse(method, query);
  if (auto* refusal = std::get_if<ProcessorResponse>(&parsed))
    return std::move(*refusal);
  return Collect(std::get<ListOptions>(parsed));
}

}  // namespace containercollector
