// SPDX-License-Identifier: Apache-2.0

/// Signals, limits and resources of the process.
#ifndef CONTAINERCOLLECTOR_SERVER_PROCESS_H_
#define CONTAINERCOLLECTOR_SERVER_PROCESS_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace containercollector::server {

/// Opens /dev/null as stdin, stdout and stderr where they are closed: a socket
/// would take their place, and get what is printed. Call first.
/// @throws std::system_error
void OpenStandardFiles();

/// Runs a function on a thread of its own, so that the caller stays free to
/// wait for signals.
class Background {
 public:
  /// Runs `work`, which is the same each time; if it runs already, it will run
  /// once more. If no thread can start, the caller waits for it.
  void Run(std::function<void()> work);

  bool running() const noexcept { return state_->requests > 0; }

 private:
  /// Outlives this object if the thread does.
  struct State {
    std::function<void()> work;
    std::atomic<int> requests{0};
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Blocks SIGTERM, SIGINT and SIGHUP for WaitForSignal(), and ignores SIGPIPE.
/// Call before any thread starts, because threads inherit it.
/// @throws std::system_error
void BlockSignals();

/// Waits for SIGTERM, SIGINT or SIGHUP and returns it.
/// @throws std::system_error
int WaitForSignal();

/// Lets SIGTERM and SIGINT end the process at once. Call on the thread that
/// called BlockSignals().
/// @throws std::system_error
void UnblockSignals();

/// Raises the limit of open files to what so many connections need.
/// @throws std::runtime_error with a text for people if it cannot be raised.
void AllowConnections(std::size_t connections);

/// What the process uses. Each is nothing if the kernel does not say, for
/// example because there is no /proc.
struct ProcessUsage {
  std::optional<std::chrono::nanoseconds> cpu_time;  ///< Of all its threads.
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> max_open_files;
};

ProcessUsage ReadProcessUsage();

/// Makes the C library return blocks of 1 MiB and more to the system as soon as
/// they are freed, and keep smaller ones for the next request. Call before any
/// thread starts.
void ReturnLargeBlocks() noexcept;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_PROCESS_H_
