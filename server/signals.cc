// SPDX-License-Identifier: Apache-2.0

#include "server/signals.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <initializer_list>
#include <system_error>

namespace containercollector::server {
namespace {

void Check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

sigset_t SignalSet(std::initializer_list<int> signals) {
  sigset_t set;
  if (sigemptyset(&set) != 0) Check(errno, "sigemptyset");
  for (const int signal : signals)
    if (sigaddset(&set, signal) != 0) Check(errno, "sigaddset");
  return set;
}

}  // namespace

void HoldSignals() {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  if (sigaction(SIGPIPE, &ignore, nullptr) != 0) Check(errno, "sigaction");
  const sigset_t set = SignalSet({SIGTERM, SIGINT, SIGHUP});
  Check(pthread_sigmask(SIG_BLOCK, &set, nullptr), "pthread_sigmask");
}

int WaitForSignal() {
  const sigset_t set = SignalSet({SIGTERM, SIGINT, SIGHUP});
  int signal = 0;
  Check(sigwait(&set, &signal), "sigwait");
  return signal;
}

void LetSignalsEndProcess() {
  const sigset_t set = SignalSet({SIGTERM, SIGINT});
  Check(pthread_sigmask(SIG_UNBLOCK, &set, nullptr), "pthread_sigmask");
}

}  // namespace containercollector::server
