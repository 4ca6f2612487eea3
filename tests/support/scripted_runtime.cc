// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_runtime.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "tests/support/poll.h"

namespace containercollector::test {
namespace {

/// What is polled before the connections.
enum : std::size_t { kStop, kReleased, kListener, kFirstConnection };

}  // namespace

ScriptedRuntime::ScriptedRuntime(const std::string& socket_path,
                                 RuntimeScript script, DaemonOptions options)
    : options_(options),
      listener_(UnixSocket{socket_path}, options.backlog),
      script_(std::make_shared<const RuntimeScript>(std::move(script))),
      thread_([this] { Serve(); }) {}

ScriptedRuntime::~ScriptedRuntime() { Stop(); }

void ScriptedRuntime::SetScript(RuntimeScript script) {
  auto replacement = std::make_shared<const RuntimeScript>(std::move(script));
  const std::lock_guard lock(mutex_);
  script_.swap(replacement);
}

std::vector<RuntimeCall> ScriptedRuntime::Calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t ScriptedRuntime::CallsOf(const std::string& method) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(),
      [&](const RuntimeCall& call) { return call.method == method; }));
}

bool ScriptedRuntime::WaitForCalls(std::size_t count,
                                   std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return calls_.size() >= count; });
}

bool ScriptedRuntime::WaitForConnections(
    std::size_t count, std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return opened_ >= count; });
}

bool ScriptedRuntime::WaitForOpenConnections(
    std::size_t count, std::chrono::milliseconds timeout) const {
  return WaitFor(timeout, [&] { return open_ == count; });
}

std::size_t ScriptedRuntime::ConnectionsOpened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

std::vector<std::string> ScriptedRuntime::Errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

void ScriptedRuntime::Stop(SocketFile file) {
  stop_.Set();
  if (thread_.joinable()) thread_.join();
  listener_.Close(file);
}

void ScriptedRuntime::Serve() {
  try {
    ServeUntilStopped();
  } catch (const std::exception& error) {
    RecordError(error.what());
  }
  connections_.clear();
  CountOpen();
}

void ScriptedRuntime::ServeUntilStopped() {
  for (;;) {
    std::array<pollfd, 1> release{{{released_.fd(), POLLIN, 0}}};
    const bool released = Poll(release, std::chrono::milliseconds(0));
    std::vector<pollfd> polled = WhatToPoll(released);
    const std::optional<std::chrono::milliseconds> time =
        TimeToNextDue(released);
    const int timeout = time ? static_cast<int>(time->count()) : -1;
    if (::poll(polled.data(), polled.size(), timeout) < 0 && errno != EINTR)
      ThrowErrno("poll");
    if (polled[kStop].revents != 0) return;
    std::size_t i = kFirstConnection;
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto connection = next++;
      if (!ServeConnection(*connection, polled[i++].revents, released))
        connections_.erase(connection);
    }
    if (polled[kListener].revents != 0) Accept();
    CountOpen();
  }
}

/// poll() passes over a negative descriptor.
std::vector<pollfd> ScriptedRuntime::WhatToPoll(bool released) const {
  const bool held = !released && options_.behaviour != Behaviour::kServes;
  const bool awaited =
      held || std::any_of(connections_.begin(), connections_.end(),
                          [](const RuntimeConnection& connection) {
                            return connection.WaitsForRelease();
                          });
  const bool accepts = !held || options_.behaviour == Behaviour::kNeverReads;
  std::vector<pollfd> polled = {
      {stop_.fd(), POLLIN, 0},
      {awaited && !released ? released_.fd() : -1, POLLIN, 0},
      {accepts ? listener_.fd() : -1, POLLIN, 0}};
  for (const RuntimeConnection& connection : connections_) {
    const int events =
        (held ? 0 : POLLIN) | (connection.HasOutput() ? POLLOUT : 0);
    polled.push_back(
        {held ? -1 : connection.fd(), static_cast<short>(events), 0});
  }
  return polled;
}

std::optional<std::chrono::milliseconds> ScriptedRuntime::TimeToNextDue(
    bool released) const {
  using Clock = RuntimeConnection::Clock;
  std::optional<Clock::time_point> next;
  for (const RuntimeConnection& connection : connections_) {
    const auto due = connection.NextDue(released);
    if (due && (!next || *due < *next)) next = due;
  }
  if (!next) return std::nullopt;
  return std::max(
      std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()),
      std::chrono::milliseconds(0));
}

void ScriptedRuntime::Accept() {
  FileDescriptor socket = listener_.Accept(stop_);
  if (!socket) return;
  connections_.emplace_back(
      std::move(socket), ConnectionsOpened() + 1,
      [this](const RuntimeCall& call) { return Handle(call); });
  const std::lock_guard lock(mutex_);
  ++opened_;
  changed_.notify_all();
}

/// Returns whether the connection stays open.
bool ScriptedRuntime::ServeConnection(RuntimeConnection& connection,
                                      short events, bool released) {
  try {
    if ((events & ~POLLOUT) != 0 && !connection.ReceiveSome()) return false;
    connection.BeginDue(released);
    return connection.SendSome();
  } catch (const std::exception& error) {
    RecordError(error.what());
    return false;
  }
}

RuntimeResponse ScriptedRuntime::Handle(const RuntimeCall& call) {
  std::shared_ptr<const RuntimeScript> script;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    script = script_;
  }
  changed_.notify_all();
  return (*script)(call);
}

void ScriptedRuntime::RecordError(const std::string& error) {
  const std::lock_guard lock(mutex_);
  errors_.push_back(error);
}

void ScriptedRuntime::CountOpen() {
  const std::lock_guard lock(mutex_);
  open_ = connections_.size();
  changed_.notify_all();
}

template <typename Condition>
bool ScriptedRuntime::WaitFor(std::chrono::milliseconds timeout,
                              Condition condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, condition);
}

}  // namespace containercollector::test
