// SPDX-License-Identifier: Apache-2.0

/// @file
/// Includes the whole public API.
#ifndef CONTAINERCOLLECTOR_CONTAINERCOLLECTOR_H_
#define CONTAINERCOLLECTOR_CONTAINERCOLLECTOR_H_

#include "containercollector/accessors.h"
#include "containercollector/call_options.h"
#include "containercollector/container_runtime.h"
#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "containercollector/processor.h"
#include "containercollector/runtime_options.h"
#include "containercollector/sorted_map.h"
#include "containercollector/types.h"
#include "containercollector/version.h"

#endif  // CONTAINERCOLLECTOR_CONTAINERCOLLECTOR_H_
