// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_daemon.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

#include "tests/support/poll.h"
#include "tests/support/responses.h"

namespace containercollector::test {
namespace {

/// False when `stop` was set first.
bool WaitUnlessStopped(const Event& event, const Event& stop) {
  std::array<pollfd, 2> polled{
      {{event.fd(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  Poll(polled);
  return polled[1].revents == 0;
}

}  // namespace

ScriptedDaemon::ScriptedDaemon(const Address& address, Script script,
                               DaemonOptions options)
    : options_(options),
      listener_(address, options.backlog),
      script_(std::make_shared<const Script>(std::move(script))),
      acceptor_([this] { AcceptConnections(); }) {}

ScriptedDaemon::~ScriptedDaemon() { Stop(); }

void ScriptedDaemon::SetScript(Script script) {
  auto replacement = std::make_shared<const Script>(std::move(script));
  const std::lock_guard lock(mutex_);
  script_.swap(replacement);
}

std::vector<Request> ScriptedDaemon::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool ScriptedDaemon::WaitForRequests(std::size_t count,
                                     std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return requests_.size() >= count; });
}

bool ScriptedDaemon::WaitForConnections(
    std::size_t count, std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return opened_ >= count; });
}

bool ScriptedDaemon::WaitForOpenConnections(
    std::size_t count, std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return open_ == count; });
}

std::size_t ScriptedDaemon::ConnectionsOpened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

std::size_t ScriptedDaemon::OpenConnections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t ScriptedDaemon::MaxOpenConnections() const {
  const std::lock_guard lock(mutex_);
  return max_open_;
}

std::vector<std::string> ScriptedDaemon::Errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

void ScriptedDaemon::CloseConnections() {
  std::unique_lock lock(mutex_);
  for (Served& served : connections_) served.connection.End();
  const std::size_t last = opened_;
  changed_.wait(lock, [&] {
    return std::all_of(connections_.begin(), connections_.end(),
                       [last](const Served& served) {
                         return served.finished || served.ordinal > last;
                       });
  });
}

void ScriptedDaemon::StopListening(SocketFile file) {
  stop_listening_.Set();
  if (acceptor_.joinable()) acceptor_.join();
  listener_.Close(file);
}

void ScriptedDaemon::Stop(SocketFile file) {
  StopListening(file);
  CloseConnections();
  JoinFinished();
}

void ScriptedDaemon::AcceptConnections() {
  try {
    if (options_.behaviour == Behaviour::kNeverAccepts &&
        !WaitUnlessStopped(released_, stop_listening_)) {
      return;
    }
    while (FileDescriptor socket = listener_.Accept(stop_listening_)) {
      JoinFinished();
      Start(std::move(socket));
    }
  } catch (const std::exception& error) {
    RecordError(error.what());
  }
}

void ScriptedDaemon::Start(FileDescriptor socket) {
  const std::lock_guard lock(mutex_);
  Served& served = connections_.emplace_back(
      std::move(socket),
      [this](FileDescriptor closed) { CloseAndCount(std::move(closed)); },
      opened_ + 1);
  ++opened_;
  max_open_ = std::max(max_open_, ++open_);
  served.thread = std::thread([this, &served] { Serve(served); });
  served.finished = false;
  changed_.notify_all();
}

void ScriptedDaemon::JoinFinished() {
  std::list<Served> finished;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto served = next++;
      if (served->finished) {
        finished.splice(finished.end(), connections_, served);
      }
    }
  }
  for (Served& served : finished) {
    if (served.thread.joinable()) served.thread.join();
  }
}

void ScriptedDaemon::Serve(Served& served) {
  try {
    RespondToRequests(served);
  } catch (const MalformedRequest& error) {
    RecordError(error.what());
    served.connection.Send(
        UntilClose(400, kPlainText, "400 Bad Request", Headers()));
  } catch (const std::exception& error) {
    RecordError(error.what());
  } catch (...) {
    RecordError("a script threw something that is no std::exception");
  }
  served.connection.Close();

  const std::lock_guard lock(mutex_);
  served.finished = true;
  changed_.notify_all();
}

void ScriptedDaemon::RespondToRequests(Served& served) {
  if (options_.behaviour == Behaviour::kNeverReads &&
      !served.connection.WaitFor(released_)) {
    return;
  }
  RequestReader reader(served.connection, served.ordinal);
  Exchange exchange(served.connection, released_);
  while (const std::optional<Request> request = reader.Next()) {
    const std::shared_ptr<const Script> script = Record(*request);
    (*script)(*request, exchange);
    if (!served.connection.IsOpen() || !request->KeepsAlive()) return;
  }
}

std::shared_ptr<const Script> ScriptedDaemon::Record(const Request& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  changed_.notify_all();
  return script_;
}

void ScriptedDaemon::CloseAndCount(FileDescriptor socket) {
  // Both under the lock: the connection that a client opens because this one is
  // closed must not be counted together with it.
  const std::lock_guard lock(mutex_);
  socket.Reset();
  --open_;
  changed_.notify_all();
}

void ScriptedDaemon::RecordError(const std::string& error) {
  const std::lock_guard lock(mutex_);
  errors_.push_back(error);
}

template <typename Condition>
bool ScriptedDaemon::WaitFor(std::chrono::milliseconds timeout,
                             Condition condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, condition);
}

}  // namespace containercollector::test
