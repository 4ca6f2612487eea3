// SPDX-License-Identifier: Apache-2.0

#include "tests/performance/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace containercollector::test {
namespace {

struct State {
  bool watching = false;
  std::size_t failing = 0;
  std::size_t bytes = 0;
  Allocations allocations;
};

thread_local State state;

/// Returns whether the allocation that begins now is to fail.
bool Fails() {
  if (!state.watching) return false;
  ++state.allocations.count;
  if (state.allocations.count != state.failing) return false;
  errno = ENOMEM;
  return true;
}

void Added(void* memory) {
  if (!state.watching) return;
  state.bytes += malloc_usable_size(memory);
  state.allocations.peak_bytes =
      std::max(state.allocations.peak_bytes, state.bytes);
}

void Removed(void* memory) {
  if (!state.watching) return;
  state.bytes -= std::min(state.bytes, malloc_usable_size(memory));
}

}  // namespace

AllocationWatch::AllocationWatch(std::size_t failing) {
  state = {};
  state.failing = failing;
  state.watching = true;
}

AllocationWatch::~AllocationWatch() { state.watching = false; }

Allocations AllocationWatch::allocations() const { return state.allocations; }

}  // namespace containercollector::test

// These take the place of the C library's for the whole program, the shared
// libraries and operator new included.
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void __libc_free(void* memory);

using containercollector::test::Added;
using containercollector::test::Fails;
using containercollector::test::Removed;

void* malloc(std::size_t size) {
  if (Fails()) return nullptr;
  void* const memory = __libc_malloc(size);
  Added(memory);
  return memory;
}

void* calloc(std::size_t count, std::size_t size) {
  if (Fails()) return nullptr;
  void* const memory = __libc_calloc(count, size);
  Added(memory);
  return memory;
}

void* realloc(void* memory, std::size_t size) {
  if (Fails()) return nullptr;
  Removed(memory);
  void* const moved = __libc_realloc(memory, size);
  Added(moved);
  return moved;
}

void free(void* memory) {
  Removed(memory);
  __libc_free(memory);
}
}
