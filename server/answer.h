// SPDX-License-Identifier: Apache-2.0

/// What the server says to a request.
#ifndef CONTAINERCOLLECTOR_SERVER_ANSWER_H_
#define CONTAINERCOLLECTOR_SERVER_ANSWER_H_

#include <functional>
#include <memory>
#include <string>

#include "containercollector/processor.h"

namespace containercollector::server {

/// Immutable, and shared by all requests that it answers.
using Answer = std::shared_ptr<const Response>;

/// Answers one request. To be called once, from any thread. Does not throw.
using Respond = std::function<void(Answer)>;

Answer TextAnswer(int status, std::string text);

/// 503: the same request may succeed a moment later.
Answer BusyAnswer(std::string text);

/// 503
Answer ShuttingDownAnswer();

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ANSWER_H_
