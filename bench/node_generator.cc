// SPDX-License-Identifier: Apache-2.0

#include "bench/node_generator.h"

#include <random>
#include <string>
#include <utility>

namespace containercollector::bench {
namespace {

class Generator {
 public:
  Container Next(Shape shape, std::size_t number) {
    const bool rich = shape == Shape::kRich;
    Container container;
    container.id = Hex(64);
    container.names = {"/k8s_app-" + std::to_string(number) + "_web-" +
                       Hex(10) + "_production_" + Hex(32) + "_0"};
    container.image =
        "registry.example.com/team/app:1." + std::to_string(number % 100);
    container.image_id = "sha256:" + Hex(64);
    container.command = "/usr/local/bin/app --listen=0.0.0.0:8080";
    container.created = 1'600'000'000 + static_cast<std::int64_t>(number);
    container.ports.emplace();
    if (rich) container.ports = {Port{"0.0.0.0", 8080, 30080, "tcp"}};
    container.labels = Labels(rich ? 24 : 2);
    container.state = "running";
    container.status = "Up 3 hours";
    container.host_config.network_mode = "default";
    container.network_settings = Networks(rich ? 3 : 1);
    container.mounts = Mounts(rich ? 6 : 0);
    return container;
  }

 private:
  std::string Hex(std::size_t length) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += kDigits[random_() % 16];
    return text;
  }

  StringMap Labels(std::size_t count) {
    std::vector<StringMap::value_type> labels;
    for (std::size_t i = 0; i < count; ++i) {
      labels.emplace_back("annotation.example.com/setting-" + std::to_string(i),
                          "value-" + Hex(24));
    }
    return StringMap(std::move(labels));
  }

  SummaryNetworkSettings Networks(std::size_t count) {
    std::vector<std::pair<std::string, std::optional<EndpointSettings>>>
        networks;
    for (std::size_t i = 0; i < count; ++i) {
      EndpointSettings endpoint;
      endpoint.network_id = Hex(64);
      endpoint.endpoint_id = Hex(64);
      endpoint.gateway = "172.17.0.1";
      endpoint.ip_address = "172.17.0." + std::to_string(random_() % 256);
      endpoint.ip_prefix_len = 16;
      endpoint.mac_address = "02:42:ac:11:00:02";
      networks.emplace_back("network-" + std::to_string(i),
                            std::move(endpoint));
    }
    SummaryNetworkSettings settings;
    settings.networks.emplace(std::move(networks));
    return settings;
  }

  std::vector<MountPoint> Mounts(std::size_t count) {
    std::vector<MountPoint> mounts;
    for (std::size_t i = 0; i < count; ++i) {
      MountPoint mount;
      mount.type = "bind";
      mount.source = "/var/lib/kubelet/pods/" + Hex(32) +
                     "/volumes/kubernetes.io~configmap/config";
      mount.destination = "/etc/app/config-" + std::to_string(i);
      mount.mode = "ro";
      mount.propagation = "rprivate";
      mounts.push_back(std::move(mount));
    }
    return mounts;
  }

  std::mt19937 random_{42};
};

}  // namespace

std::vector<Container> GenerateNode(Shape shape, std::size_t count) {
  Generator generator;
  std::vector<Container> containers;
  for (std::size_t i = 0; i < count; ++i)
    containers.push_back(generator.Next(shape, i));
  return containers;
}

}  // namespace containercollector::bench
