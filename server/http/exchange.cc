// SPDX-License-Identifier: Apache-2.0
#include "server/http/exchange.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>

#include <exception>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "server/http/listen_socket.h"
#include "server/http/mhd_response.h"
#include "server/http/request_head.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using std::chrono::steady_clock;

HttpResponse HandlerFailed() {
  return TextResponse(500,
                      "This server failed to handle the request: most likely "
                      "it is out of memory. Look at its memory limit.");
}

HttpResponse TooManyBytes(std::size_t limit) {
  return BusyResponse("Responses that clients have not read yet take all of " +
                      std::to_string(limit) +
                      " bytes (--max-in-flight-bytes). Ask again later.");
}

RequestHead HeadOf(MHD_Connection* connection, const char* method,
                   const std::string& target, const char* version) {
  RequestHead head;
  head.method = method;
  head.target = target;
  head.version = version;
  const auto* const info = MHD_get_connection_info(
      connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info != nullptr) head.bytes = info->header_size;
  const auto add = [](void* to, MHD_ValueKind /*kind*/, const char* name,
                      std::size_t name_size, const char* value,
                      std::size_t value_size) noexcept {
    try {
      static_cast<RequestHead*>(to)->headers.emplace_back(
          std::string_view(name, name_size),
          value == nullptr ? std::string_view()
                           : std::string_view(value, value_size));
      return MHD_YES;
    } catch (const std::exception&) {
      return MHD_NO;
    }
  };
  const int expected = MHD_get_connection_values_n(connection, MHD_HEADER_KIND,
                                                   nullptr, nullptr);
  if (MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add, &head) !=
      expected)
    throw std::bad_alloc();
  return head;
}

/// Sends `response` without libmicrohttpd. Returns whether it was sent whole.
bool SendRaw(MHD_Connection* connection, const HttpResponse& response) {
  const std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + " " +
      MHD_get_reason_phrase_for(static_cast<unsigned int>(response.status)) +
      "\r\nContent-Type: " + response.content_type +
      "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(response.body->size()) + "\r\n\r\n" + *response.body;
  gnutls_session_int* const session = TlsSessionOf(connection);
  const ssize_t sent =
      session != nullptr
          ? gnutls_record_send(session, bytes.data(), bytes.size())
          : send(SocketOf(connection), bytes.data(), bytes.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(bytes.size());
}

}  // namespace

void SetRejection(RequestRecord& record, int status) {
  if (status == 0) return;
  record.status = status;
  record.error = "libmicrohttpd rejected the request.";
  record.delivered = true;
}

Connection* ConnectionOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr
                         : static_cast<Connection*>(info->socket_context);
}

int SocketOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

std::string PeerOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == nullptr ? "" : ToText(info->client_addr);
}

gnutls_session_int* TlsSessionOf(MHD_Connection* connection) {
  const auto* const info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == nullptr ? nullptr
                         : static_cast<gnutls_session_int*>(info->tls_session);
}

void ExchangeContext::RejectedByLibrary(int status) {
  RecordRejection();
  for (auto& [socket, connection] : connections)
    if (connection.exchange && connection.exchange->RejectHead(status)) return;
  rejected_status = status;
}

void ExchangeContext::EndExchange(Connection& connection,
                                  bool delivered) noexcept {
  const std::unique_ptr<Exchange> exchange = std::move(connection.exchange);
  if (exchange != nullptr) Record(exchange->TakeRecord(delivered));
}

void ExchangeContext::RecordRejection() noexcept {
  if (rejected_status == 0) return;
  for (auto& [socket, connection] : connections) {
    if (connection.exchange == nullptr ||
        !connection.exchange->NoticeRejection(rejected_status))
      continue;
    rejected_status = 0;
    return;
  }
  Record({});
}

void ExchangeContext::Record(RequestRecord record) noexcept {
  try {
    if (record.status == 0)
      SetRejection(record, std::exchange(rejected_status, 0));
    handler.Record(record);
  } catch (const std::exception&) {
    Log(LogLevel::kError, "a request was not counted");
  }
}

void ExchangeContext::CloseOldConnections() {
  for (auto& [socket, connection] : connections) {
    if (connection.used && connection.exchange == nullptr)
      deadlines.Close(socket);
    connection.old = true;
  }
}

void ExchangeContext::FindClientsThatLeft() {
  std::vector<pollfd> sockets;
  for (const auto& [socket, connection] : connections)
    if (connection.exchange && connection.exchange->suspended())
      sockets.push_back({socket, POLLRDHUP, 0});
  if (poll(sockets.data(), sockets.size(), 0) <= 0) return;
  for (const pollfd& socket : sockets) {
    if (socket.revents == 0) continue;
    const Connection& connection = connections.at(socket.fd);
    connection.exchange->suspended()->client_left = true;
  }
}

Exchange::Exchange(ExchangeContext& context, MHD_Connection* connection,
                   std::string_view target)
    : context_(context),
      connection_(connection),
      target_(target),
      start_(steady_clock::now()) {
  HttpRequest& request = record_.request;
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.peer = PeerOf(connection);
}

Exchange::~Exchange() {
  if (body_ == nullptr) return;
  context_.bodies.Remove(body_);
  context_.ReportLoad();
}

bool Exchange::AcceptHead(const char* method, const char* version) {
  head_accepted_ = true;
  HttpRequest& request = record_.request;
  request.method = method;
  const RequestHead head = HeadOf(connection_, method, target_, version);
  for (const std::string_view wanted : context_.options.headers) {
    for (const auto& [name, value] : head.headers) {
      if (!EqualsIgnoringCase(name, wanted)) continue;
      request.headers.emplace_back(wanted, value);
      break;
    }
  }
  auto rejection = CheckClient(head);
  if (!rejection) rejection = context_.handler.Check(request);
  return !rejection || Send(*std::move(rejection), true);
}

std::optional<HttpResponse> Exchange::CheckClient(
    const RequestHead& head) const {
  const HttpOptions& options = context_.options;
  auto rejection =
      CheckHead(head, {options.max_header_bytes, options.max_body_bytes});
  if (!rejection) rejection = CheckSource(head, options);
  const auto& handshake = ConnectionOf(connection_)->handshake;
  if (!rejection && options.tls != nullptr &&
      (handshake == nullptr || !handshake->accepted())) {
    rejection = TextResponse(403,
                             "This server serves only clients that present a "
                             "certificate which it trusts.");
  }
  return rejection;
}

bool Exchange::AcceptBody(std::string_view piece) {
  body_bytes_ += piece.size();
  if (record_.request.body_reader != nullptr &&
      body_bytes_ <= context_.options.max_body_bytes)
    record_.request.body_reader->Read(piece);
  return body_bytes_ <= context_.options.max_body_bytes + kMaxDiscardedBytes;
}

bool Exchange::Proceed() {
  const std::size_t limit = context_.options.max_body_bytes;
  if (body_bytes_ > limit) return Send(BodyTooLarge(limit));
  if (pending_ == nullptr) {
    pending_ = std::make_shared<PendingRequest>(this);
    context_.handler.Handle(record_.request,
                            Responder(context_.queue, pending_));
    // libmicrohttpd calls again at once, and then no longer expects bytes. If
    // the connection were suspended now, libmicrohttpd would read when it
    // resumes, and close the connection of a client that has merely finished
    // sending.
    if (!context_.queue->IsSent(*pending_)) return true;
  } else if (Suspend()) {
    return true;
  }
  return Send(pending_->response ? *std::move(pending_->response)
                                 : HandlerFailed());
}

/// Returns false if the response has already been sent.
bool Exchange::Suspend() {
  if (!context_.queue->Suspend(*pending_)) return false;
  suspended_ = true;
  context_.deadlines.Waiting(SocketOf(connection_));
  MHD_suspend_connection(connection_);
  return true;
}

void Exchange::Resume() {
  suspended_ = false;
  MHD_resume_connection(connection_);
}

bool Exchange::Send(HttpResponse response, bool close) {
  if (context_.bodies.Add(response.body)) {
    body_ = response.body;
    context_.ReportLoad();
  } else {
    response = TooManyBytes(context_.options.max_in_flight_bytes);
  }
  const MhdResponsePtr mhd = MakeMhdResponse(
      response, close || context_.stopping || ConnectionOf(connection_)->old);
  if (mhd == nullptr) return false;
  record_.status = response.status;
  record_.bytes = response.body->size();
  if (response.status >= 400) record_.error = *response.body;
  context_.deadlines.Sending(
      SocketOf(connection_),
      steady_clock::now() + context_.options.send_timeout);
  return MHD_queue_response(connection_,
                            static_cast<unsigned int>(response.status),
                            mhd.get()) == MHD_YES;
}

bool Exchange::RejectHead(int status) {
  const auto known = [this](MHD_ConnectionInfoType type) {
    return MHD_get_connection_info(connection_, type) != nullptr;
  };
  if (head_accepted_ || !known(MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE) ||
      known(MHD_CONNECTION_INFO_HTTP_STATUS))
    return false;
  head_accepted_ = true;
  RequestHead head = HeadOf(connection_, "", target_, "HTTP/1.1");
  head.bytes = 0;  // The method is not known.
  auto response = CheckHead(head, {context_.options.max_header_bytes,
                                   context_.options.max_body_bytes});
  if (!response)
    response = TextResponse(status, "Bad request: its headers are malformed.");
  record_.status = response->status;
  record_.bytes = response->body->size();
  record_.error = *response->body;
  record_.delivered = SendRaw(connection_, *response);
  context_.deadlines.Close(SocketOf(connection_));
  return true;
}

bool Exchange::NoticeRejection(int status) {
  if (record_.status != 0 ||
      MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_HTTP_STATUS) ==
          nullptr)
    return false;
  SetRejection(record_, status);
  return true;
}

RequestRecord Exchange::TakeRecord(bool delivered) {
  record_.duration = steady_clock::now() - start_;
  record_.delivered = record_.delivered || delivered;
  return std::move(record_);
}

}  // namespace containercollector::server
