#include "server/routes.h"

#include <memory>
#include <utility>

#include "containercollector/processor.h"

namespace containercollector::server {
namespace {

Answer NotFound() {
  return TextAnswer(404, "Nothing is served at this path. Ask with POST " +
                             std::string(Processor::kPath));
}

void Join(Batcher& batcher, const ListOptions& options,
          const Respond& respond) {
  switch (batcher.Join(options, respond)) {
    case Batcher::Joined::kYes:
      return;
    case Batcher::Joined::kFull:
      return respond(
          BusyAnswer("Too many requests wait for the Docker daemon already. "
                     "Ask again later."));
    case Batcher::Joined::kClosed:
      return respond(BusyAnswer(
          "This server is shutting down. Ask again when it is back."));
  }
}

}  // namespace

std::variant<Answer, Deferred> Routes::Handle(
    const HttpRequest& request) const {
  if (request.path == Processor::kPath) return Collect(request);
  return NotFound();
}

std::variant<Answer, Deferred> Routes::Collect(
    const HttpRequest& request) const {
  auto parsed = Processor::Parse(request.method, request.query);
  if (auto* refusal = std::get_if<ProcessorResponse>(&parsed))
    return std::make_shared<const ProcessorResponse>(std::move(*refusal));
  return Deferred(
      [this, options = std::get<ListOptions>(std::move(parsed))](
          const Respond& respond) { Join(collector_, options, respond); });
}

}  // namespace containercollector::server
