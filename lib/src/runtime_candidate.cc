// SPDX-License-Identifier: Apache-2.0
#include "lib/src/runtime_candidate.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "containercollector/accessors.h"

namespace containercollector::internal {
namespace {

/// Returns whether a process listens at the socket but the connection queue is
/// full: the process hangs. Its client's error code is that of a refused
/// connection.
bool HasFullQueue(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd =
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool full = ::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                              static_cast<socklen_t>(sizeof(address))) != 0 &&
                    errno == EAGAIN;
  ::close(fd);
  return full;
}

/// Returns whether the kubelet created the container. Some of these labels do
/// not prove it, because CriClient itself adds them to every container.
bool IsOfPod(const Container& container) {
  const auto is_kubelets = [](const auto& label) {
    constexpr std::string_view kPrefix = "io.kubernetes.";
    const auto& [key, value] = label;
    return key.compare(0, kPrefix.size(), kPrefix) == 0 &&
           key != kPodContainerTypeLabel && key != "io.kubernetes.sandbox.id" &&
           (key != kPodContainerNameLabel || value != "POD");
  };
  return container.labels && std::any_of(container.labels->begin(),
                                         container.labels->end(), is_kubelets);
}

}  // namespace

bool operator==(const SocketIdentity& a, const SocketIdentity& b) {
  return std::tie(a.exists, a.device, a.inode, a.changed_at) ==
         std::tie(b.exists, b.device, b.inode, b.changed_at);
}

SocketIdentity RuntimeCandidate::Socket() const {
  SocketIdentity socket;
  struct stat file{};
  if (socket_path.empty() || socket_path.front() != '/') {
    socket.exists = true;
  } else if (::stat(socket_path.c_str(), &file) == 0) {
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    socket = {true, file.st_dev, file.st_ino,
              file.st_ctim.tv_sec * kNanoseconds + file.st_ctim.tv_nsec};
  }
  return socket;
}

bool RuntimeCandidate::Refuses(const Error& error) const {
  return error.code() == ErrorCode::kPermissionDenied ||
         (error.code() == ErrorCode::kCannotConnect &&
          !HasFullQueue(socket_path));
}

void CandidateList::Open(const CallOptions& call) {
  open_ = true;
  for (const Error& error : std::exchange(incomplete_, {}))
    call.on_incomplete(error);
  for (Container& container : std::exchange(held_, {})) (*visitor_)(container);
}

void CandidateList::List(const ListOptions& options, const CallOptions& call,
                         bool only_running) {
  CallOptions own = call;
  if (call.on_incomplete) {
    own.on_incomplete = [&](const Error& error) {
      if (visitor_ == nullptr) return;
      if (open_) return call.on_incomplete(error);
      incomplete_.push_back(error);
    };
  }
  candidate_->runtime->ForEachContainer(
      options,
      [&](Container& container) { Visit(container, call, only_running); }, own);
}

void CandidateList::Visit(Container& container, const CallOptions& call,
                          bool only_running) {
  any_ = true;
  const bool of_pod = (!pods_ || !open_) && IsOfPod(container);
  pods_ = pods_ || of_pod;
  const bool counts =
      of_pod && (!only_running || container.state == kStateRunning);
  if (visitor_ == nullptr) {
    open_ = open_ || counts;
  } else if (open_) {
    (*visitor_)(container);
  } else {
    held_.push_back(std::move(container));
    if (counts) Open(call);
  }
}

}  // namespace containercollector::internal
