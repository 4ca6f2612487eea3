// SPDX-License-Identifier: Apache-2.0
#include "server/http/exchange.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <vector>

#include "server/http/request_head.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;
using Body = InFlightBodies::Body;
using State = Connection::State;

RequestHead HeadOf(MHD_Connection* connection, const char* method,
                   const std::string& target, const char* version) {
  RequestHead head{method, target, version, {}, 0};
  const auto* const info = MHD_get_connection_info(
      connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info != nullptr) head.bytes = info->header_size;
  const auto each_header = [&](MHD_KeyValueIteratorN function) {
    return MHD_get_connection_values_n(connection, MHD_HEADER_KIND, function,
                                       &head.headers);
  };
  // With room for all, adding one cannot fail.
  head.headers.reserve(static_cast<std::size_t>(each_header(nullptr)));
  each_header([](void* headers, MHD_ValueKind /*kind*/, const char* name,
                 std::size_t name_size, const char* value,
                 std::size_t value_size) noexcept {
    static_cast<decltype(RequestHead::headers)*>(headers)->emplace_back(
        std::string_view(name, name_size),
        value == nullptr ? std::string_view()
                         : std::string_view(value, value_size));
    return MHD_YES;
  });
  return head;
}

using MhdResponse =
    std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

/// Returns a response that shares `response.body`; null if memory ran out.
/// @param close Whether to close the connection after it.
MhdResponse ToMhd(const HttpResponse& response, bool close) {
  auto body = std::make_unique<Body>(response.body);
  const auto release = [](void* held) noexcept {
    delete static_cast<Body*>(held);
  };
  // libmicrohttpd takes a buffer that is not const, but does not write to it.
  MhdResponse mhd(
      MHD_create_response_from_buffer_with_free_callback_cls(
          response.body->size(), const_cast<char*>(response.body->data()),
          release, body.get()),
      &MHD_destroy_response);
  if (mhd == nullptr) return mhd;
  static_cast<void>(body.release());

  bool complete = true;
  const auto add = [&](const char* name, const std::string& value) {
    if (MHD_add_response_header(mhd.get(), name, value.c_str()) != MHD_YES)
      complete = false;
  };
  add(MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type);
  add("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) add(name.c_str(), value);
  if (close) add(MHD_HTTP_HEADER_CONNECTION, "close");
  if (!complete) mhd.reset();
  return mhd;
}

/// Sends `response` without libmicrohttpd. Returns whether it was sent whole.
bool SendRaw(const Connection& connection, const HttpResponse& response) {
  const std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + " " +
      MHD_get_reason_phrase_for(static_cast<unsigned int>(response.status)) +
      "\r\nContent-Type: " + response.content_type +
      "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(response.body->size()) + "\r\n\r\n" + *response.body;
  const ssize_t sent =
      connection.session != nullptr
          ? gnutls_record_send(connection.session, bytes.data(), bytes.size())
          : send(connection.socket, bytes.data(), bytes.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(bytes.size());
}

bool HasBytes(int socket) {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

ResponseQueue::ResponseQueue()
    : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

ResponseQueue::~ResponseQueue() { close(wake_fd_); }

void ResponseQueue::Send(const std::shared_ptr<PendingRequest>& request,
                         std::optional<HttpResponse> response) noexcept {
  {
    const std::lock_guard lock(mutex_);
    request->response = std::move(response);
    request->sent = true;
    if (!request->suspended) return;
    request->next = std::exchange(sent_, request);
  }
  Wake();
}

bool ResponseQueue::Suspend(PendingRequest& request) {
  const std::lock_guard lock(mutex_);
  request.suspended = !request.sent;
  return request.suspended;
}

std::shared_ptr<PendingRequest> ResponseQueue::Take() {
  eventfd_t count = 0;  // The read fails only if nothing woke the thread.
  static_cast<void>(eventfd_read(wake_fd_, &count));
  const std::lock_guard lock(mutex_);
  return std::exchange(sent_, nullptr);
}

void ResponseQueue::Wake() noexcept {
  // Fails only if the descriptor is readable already.
  static_cast<void>(eventfd_write(wake_fd_, 1));
}

Responder::~Responder() {
  if (request_ != nullptr) request_->queue->Send(request_, std::nullopt);
}

void Responder::Send(HttpResponse response) noexcept {
  const auto request = std::exchange(request_, nullptr);
  if (request != nullptr) request->queue->Send(request, std::move(response));
}

bool Responder::ClientLeft() const noexcept {
  return request_ != nullptr && request_->client_left;
}

void Connection::Enter(State next, Time until) noexcept {
  state = next;
  deadline = until;
  ended = false;
}

void Connection::Close() noexcept {
  // A failure means that the client closed the connection first.
  static_cast<void>(shutdown(socket, SHUT_RDWR));
  Enter(State::kClosing);
}

void CloseLongest(Connections& connections) noexcept {
  const auto longest = std::min_element(
      connections.begin(), connections.end(), [](const auto& a, const auto& b) {
        return std::tie(a.second.state, a.second.deadline) <
               std::tie(b.second.state, b.second.deadline);
      });
  if (longest != connections.end() && longest->second.state < State::kPending)
    longest->second.Close();
}

void FindHangUps(Connections& connections) {
  std::vector<pollfd> sockets;
  for (const auto& [socket, connection] : connections)
    if (connection.state == State::kReceiving ||
        connection.state == State::kPending)
      sockets.push_back({socket, POLLRDHUP, 0});
  if (poll(sockets.data(), sockets.size(), 0) <= 0) return;
  for (const pollfd& socket : sockets) {
    if (socket.revents == 0) continue;
    Connection& connection = connections.at(socket.fd);
    if (connection.state == State::kPending) {
      connection.exchange->ClientLeft();
    } else if (!HasBytes(socket.fd) && std::exchange(connection.ended, true)) {
      connection.Close();
    }
  }
}

Exchange::Exchange(ExchangeContext& context, Connection& connection,
                   std::string_view target)
    : context_(context),
      connection_(connection),
      target_(target),
      start_(steady_clock::now()) {
  const std::size_t mark = target.find('?');
  record_.request.path = target.substr(0, mark);
  if (mark != std::string_view::npos)
    record_.request.query = target.substr(mark + 1);
  record_.request.peer = connection.peer;
}

Exchange::~Exchange() {
  if (body_ != nullptr) context_.bodies.Remove(body_);
}

bool Exchange::Receive(const char* method, const char* version,
                       std::string_view body) {
  if (!std::exchange(head_arrived_, true)) return AcceptHead(method, version);
  if (body.empty()) return Proceed();
  const std::size_t limit = context_.options.max_body_bytes;
  body_bytes_ += body.size();
  if (record_.request.body_reader != nullptr && body_bytes_ <= limit)
    record_.request.body_reader->Read(body);
  return body_bytes_ <= limit + kMaxDiscardedBytes;
}

bool Exchange::AcceptHead(const char* method, const char* version) {
  HttpRequest& request = record_.request;
  request.method = method;
  const RequestHead head = HeadOf(connection_.mhd, method, target_, version);
  for (const std::string_view name : context_.options.headers) {
    const auto values = head.Values(name);
    if (!values.empty()) request.headers.emplace_back(name, values.front());
  }
  auto rejection = CheckHead(head, context_.options);
  const auto& handshake = connection_.handshake;
  if (!rejection && context_.options.tls != nullptr &&
      (handshake == nullptr || !handshake->accepted())) {
    rejection = TextResponse(403,
                             "This server serves only clients that present a "
                             "certificate which it trusts.");
  }
  if (!rejection) rejection = context_.handler.Check(request);
  return !rejection || Send(*std::move(rejection), true);
}

bool Exchange::Proceed() {
  const std::size_t limit = context_.options.max_body_bytes;
  if (body_bytes_ > limit) return Send(BodyTooLarge(limit));
  if (pending_ == nullptr) {
    pending_ = std::make_shared<PendingRequest>(context_.queue, this);
    context_.handler.Handle(record_.request, Responder(pending_));
    // libmicrohttpd calls again at once, and then no longer expects bytes. If
    // the connection were suspended now, libmicrohttpd would read when it
    // resumes, and close the connection of a client that has merely finished
    // sending.
    if (!pending_->sent) return true;
  } else if (context_.queue->Suspend(*pending_)) {
    connection_.Enter(State::kPending);
    MHD_suspend_connection(connection_.mhd);
    return true;
  }
  if (pending_->response) return Send(*std::move(pending_->response));
  return Send(TextResponse(
      500,
      "This server failed to handle the request: most likely it is out of "
      "memory. Look at its memory limit."));
}

void Exchange::Resume() { MHD_resume_connection(connection_.mhd); }

bool Exchange::Send(HttpResponse response, bool close) {
  if (context_.bodies.Add(response.body)) {
    body_ = response.body;
  } else {
    response =
        BusyResponse("Responses that clients have not read yet take all of " +
                     std::to_string(context_.options.max_in_flight_bytes) +
                     " bytes (--max-in-flight-bytes). Try again later.");
  }
  const MhdResponse mhd =
      ToMhd(response, close || context_.stopping || connection_.old);
  if (mhd == nullptr) return false;
  Note(response);
  connection_.Enter(State::kSending,
                    steady_clock::now() + context_.options.send_timeout);
  return MHD_queue_response(connection_.mhd,
                            static_cast<unsigned int>(response.status),
                            mhd.get()) == MHD_YES;
}

void Exchange::Note(const HttpResponse& response) {
  record_.status = response.status;
  record_.bytes = response.body->size();
  if (response.status >= 400) record_.error = *response.body;
}

bool Exchange::RejectHead(int status) {
  const auto known = [this](MHD_ConnectionInfoType type) {
    return MHD_get_connection_info(connection_.mhd, type) != nullptr;
  };
  if (head_arrived_ || !known(MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE) ||
      known(MHD_CONNECTION_INFO_HTTP_STATUS))
    return false;
  head_arrived_ = true;
  RequestHead head = HeadOf(connection_.mhd, "", target_, "HTTP/1.1");
  head.bytes = 0;  // The method is not known.
  auto response = CheckHead(head, context_.options);
  if (!response)
    response = TextResponse(status, "Bad request: its headers are malformed.");
  Note(*response);
  record_.delivered = SendRaw(connection_, *response);
  connection_.Close();
  return true;
}

bool Exchange::HasUnknownRejection() const {
  return record_.status == 0 &&
         MHD_get_connection_info(connection_.mhd,
                                 MHD_CONNECTION_INFO_HTTP_STATUS) != nullptr;
}

RequestRecord Exchange::TakeRecord(bool delivered) {
  record_.duration = steady_clock::now() - start_;
  record_.delivered = record_.delivered || delivered;
  return std::move(record_);
}

}  // namespace containercollector::server
