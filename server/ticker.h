// SPDX-License-Identifier: Apache-2.0

/// Something that is done again and again.
#ifndef CONTAINERCOLLECTOR_SERVER_TICKER_H_
#define CONTAINERCOLLECTOR_SERVER_TICKER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace containercollector::server {

/// Calls a function at an interval, on a thread of its own.
///
/// RAII: the destructor ends it, and waits for a call that runs.
class Ticker {
 public:
  /// @param tick Must not throw.
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_TICKER_H_
