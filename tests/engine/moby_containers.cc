// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/moby_containers.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace containercollector::engine {
namespace {

using rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

/// Go's types, by how they look in JSON. Those that can be nil can be null.
enum class Kind {
  kString,
  kInteger,
  kBoolean,
  kStrings,     // []string
  kStringMap,   // map[string]string
  kStruct,      // a struct, never null
  kPointer,     // a pointer to a struct
  kStructs,     // a slice of structs
  kPointerMap,  // a map of strings to pointers to structs
};

struct Struct;

struct Field {
  const char* name;
  Kind kind;
  bool omit_empty = false;
  const Struct* type = nullptr;
};

struct Struct {
  std::vector<Field> fields;
};

constexpr bool kOmitEmpty = true;

// api/types/types.go, Port
const Struct kPort = {{
    {"IP", Kind::kString, kOmitEmpty},
    {"PrivatePort", Kind::kInteger},
    {"PublicPort", Kind::kInteger, kOmitEmpty},
    {"Type", Kind::kString},
}};

// api/types/types.go, MountPoint
const Struct kMountPoint = {{
    {"Type", Kind::kString, kOmitEmpty},
    {"Name", Kind::kString, kOmitEmpty},
    {"Source", Kind::kString},
    {"Destination", Kind::kString},
    {"Driver", Kind::kString, kOmitEmpty},
    {"Mode", Kind::kString},
    {"RW", Kind::kBoolean},
    {"Propagation", Kind::kString},
}};

// api/types/network/network.go, EndpointIPAMConfig
const Struct kIpamConfig = {{
    {"IPv4Address", Kind::kString, kOmitEmpty},
    {"IPv6Address", Kind::kString, kOmitEmpty},
    {"LinkLocalIPs", Kind::kStrings, kOmitEmpty},
}};

// api/types/network/network.go, EndpointSettings
const Struct kEndpointSettings = {{
    {"IPAMConfig", Kind::kPointer, false, &kIpamConfig},
    {"Links", Kind::kStrings},
    {"Aliases", Kind::kStrings},
    {"NetworkID", Kind::kString},
    {"EndpointID", Kind::kString},
    {"Gateway", Kind::kString},
    {"IPAddress", Kind::kString},
    {"IPPrefixLen", Kind::kInteger},
    {"IPv6Gateway", Kind::kString},
    {"GlobalIPv6Address", Kind::kString},
    {"GlobalIPv6PrefixLen", Kind::kInteger},
    {"MacAddress", Kind::kString},
    {"DriverOpts", Kind::kStringMap},
}};

// api/types/types.go, Container
const Struct kHostConfig = {{{"NetworkMode", Kind::kString, kOmitEmpty}}};
const Struct kNetworkSettings = {
    {{"Networks", Kind::kPointerMap, false, &kEndpointSettings}}};
const Struct kContainer = {{
    {"Id", Kind::kString},
    {"Names", Kind::kStrings},
    {"Image", Kind::kString},
    {"ImageID", Kind::kString},
    {"Command", Kind::kString},
    {"Created", Kind::kInteger},
    {"Ports", Kind::kStructs, false, &kPort},
    {"SizeRw", Kind::kInteger, kOmitEmpty},
    {"SizeRootFs", Kind::kInteger, kOmitEmpty},
    {"Labels", Kind::kStringMap},
    {"State", Kind::kString},
    {"Status", Kind::kString},
    {"HostConfig", Kind::kStruct, false, &kHostConfig},
    {"NetworkSettings", Kind::kPointer, false, &kNetworkSettings},
    {"Mounts", Kind::kStructs, false, &kMountPoint},
}};

void Require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("the daemon's " + what);
}

std::string_view Text(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

Value StructValue(const Struct& type, const Value& input, Allocator& allocator);

Value ZeroValue(const Field& field, Allocator& allocator) {
  switch (field.kind) {
    case Kind::kString:
      return Value("");
    case Kind::kInteger:
      return Value(0);
    case Kind::kBoolean:
      return Value(false);
    case Kind::kStruct:
      return StructValue(*field.type, Value(rapidjson::kObjectType), allocator);
    default:
      return Value(rapidjson::kNullType);
  }
}

/// Whether omitempty leaves the value out.
bool IsEmpty(const Value& value) {
  return value.IsNull() || value.IsFalse() ||
         (value.IsInt64() && value.GetInt64() == 0) ||
         (value.IsString() && value.GetStringLength() == 0) ||
         (value.IsArray() && value.Empty()) ||
         (value.IsObject() && value.ObjectEmpty());
}

void SortByKey(Value& map) {
  std::sort(map.MemberBegin(), map.MemberEnd(),
            [](const auto& left, const auto& right) {
              return Text(left.name) < Text(right.name);
            });
}

Value FieldValue(const Field& field, const Value& input, Allocator& allocator) {
  if (input.IsNull()) return ZeroValue(field, allocator);
  const std::string name = field.name;
  switch (field.kind) {
    case Kind::kString:
      Require(input.IsString(), name + " is no string");
      break;
    case Kind::kInteger:
      Require(input.IsInt64(), name + " is no integer");
      break;
    case Kind::kBoolean:
      Require(input.IsBool(), name + " is no boolean");
      break;
    case Kind::kStrings:
    case Kind::kStructs:
      Require(input.IsArray(), name + " is no array");
      break;
    case Kind::kStringMap:
    case Kind::kStruct:
    case Kind::kPointer:
    case Kind::kPointerMap:
      Require(input.IsObject(), name + " is no object");
      break;
  }
  switch (field.kind) {
    case Kind::kStruct:
    case Kind::kPointer:
      return StructValue(*field.type, input, allocator);
    case Kind::kStructs: {
      Value list(rapidjson::kArrayType);
      for (const Value& element : input.GetArray()) {
        list.PushBack(StructValue(*field.type, element, allocator), allocator);
      }
      return list;
    }
    case Kind::kPointerMap: {
      Value map(rapidjson::kObjectType);
      const Field element = {field.name, Kind::kPointer, false, field.type};
      for (const auto& member : input.GetObject()) {
        map.AddMember(Value(member.name, allocator),
                      FieldValue(element, member.value, allocator), allocator);
      }
      SortByKey(map);
      return map;
    }
    case Kind::kStringMap: {
      Value map(input, allocator);
      SortByKey(map);
      return map;
    }
    default:
      return Value(input, allocator);
  }
}

Value StructValue(const Struct& type, const Value& input,
                  Allocator& allocator) {
  static const Value kAbsent(rapidjson::kNullType);
  Value output(rapidjson::kObjectType);
  for (const Field& field : type.fields) {
    const auto member = input.FindMember(field.name);
    Value value =
        FieldValue(field, member == input.MemberEnd() ? kAbsent : member->value,
                   allocator);
    if (field.omit_empty && IsEmpty(value)) continue;
    output.AddMember(rapidjson::StringRef(field.name), value, allocator);
  }
  return output;
}

}  // namespace

rapidjson::Document AsMobyContainers(const std::string& daemon_response) {
  rapidjson::Document input;
  input.Parse(daemon_response.data(), daemon_response.size());
  Require(!input.HasParseError() && input.IsArray(),
          "response is no JSON array: " + daemon_response);
  rapidjson::Document output(rapidjson::kArrayType);
  for (const Value& container : input.GetArray()) {
    Require(container.IsObject(), "container is no object");
    output.PushBack(StructValue(kContainer, container, output.GetAllocator()),
                    output.GetAllocator());
  }
  return output;
}

}  // namespace containercollector::engine
