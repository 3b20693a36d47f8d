// Services get an address of the cluster, and node ports where they ask for them.
//
// What is in use is read from the Services in the store. Between choosing and committing nothing
// holds an address, so the last ones given out are remembered here, for as long as a write may
// take.
#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <set>

#include "thole/api/admission/plugins.hpp"
#include "thole/api/errors.hpp"
#include "thole/base/text.hpp"
#include "thole/codec/json.hpp"
#include "thole/store/derived.hpp"

namespace thole::api {
namespace {

using codec::Arena;
using codec::Value;

constexpr std::string_view kServices = "core/services";
constexpr std::int64_t kPortMin = 30000;
constexpr std::int64_t kPortMax = 32767;
constexpr std::size_t kRememberedMax = 4096;

struct InUse {
  std::set<std::string, std::less<>> addresses;
  std::set<std::int64_t> ports;
};

std::shared_ptr<const InUse> read_in_use(const store::Snapshot& snapshot) {
  auto in_use = std::make_shared<InUse>();
  for (store::Cursor at = snapshot.scan(kServices); at.valid(); at.next()) {
    const auto document = codec::parse_json(at.value().bytes());
    if (!document) continue;
    const Value spec = document->root.get("spec");
    for (const Value& address : spec.get("clusterIPs").elements()) {
      if (address.is_string()) in_use->addresses.emplace(address.as_string());
    }
    for (const Value& port : spec.get("ports").elements()) {
      if (port.int_or("nodePort", 0) != 0) in_use->ports.insert(port.int_or("nodePort", 0));
    }
  }
  return in_use;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned part = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc() || part > 255) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    out = out << 8 | part;
    if (i < 3) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::string show_ipv4(std::uint32_t address) {
  return cat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}

// Where the search starts: spread by name, so that neighbours seldom meet.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

class ServiceAddresses : public AdmissionPlugin {
 public:
  ServiceAddresses(const store::Store& store, std::string cidr)
      : store_(store), cidr_(std::move(cidr)), in_use_({std::string(kServices)}, &read_in_use) {
    const std::size_t slash = cidr_.find('/');
    THOLE_ASSERT(slash != std::string::npos);
    const auto base = parse_ipv4(std::string_view(cidr_).substr(0, slash));
    unsigned bits = 0;
    std::from_chars(cidr_.data() + slash + 1, cidr_.data() + cidr_.size(), bits);
    THOLE_ASSERT(base && bits >= 8 && bits <= 30);
    size_ = std::uint32_t{1} << (32 - bits);
    first_ = *base & ~(size_ - 1);
  }

  std::string_view name() const override { return "ServiceAddresses"; }
  bool handles(Operation operation, std::string_view group,
               std::string_view resource) const override {
    return (operation == Operation::Create || operation == Operation::Update) && group.empty() &&
           resource == "services";
  }

  Async<void> admit(Admission& admission) override {
    const Value spec = admission.object.get("spec");
    if (!spec.is_object() || !admission.attributes.subresource.empty()) co_return Result<void>();
    const std::string_view type = spec.string_or("type");
    const std::shared_ptr<const InUse> in_use = in_use_.get(store_.snapshot());
    Causes causes;
    {
      // Held for a few microseconds, by writes of Services only.
      const std::lock_guard lock(mutex_);
      if (type != "ExternalName") give_address(admission, spec, *in_use, causes);
      if (type == "NodePort" || type == "LoadBalancer") {
        give_ports(admission, spec, *in_use, causes);
      }
    }
    if (!causes.empty()) {
      co_return fail(invalid("", "Service", admission.attributes.name, std::move(causes)));
    }
    co_return Result<void>();
  }

 private:
  void give_address(const Admission& admission, const Value& spec, const InUse& in_use,
                    Causes& causes) {
    Arena& arena = admission.arena;
    const Value before = admission.old_object.get("spec");
    std::string address(spec.string_or("clusterIP"));
    if (address.empty()) address = before.string_or("clusterIP");
    if (address == "None") return;
    if (address.empty()) {
      const std::optional<std::string> free = free_address(admission, in_use);
      if (!free) {
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: []: failed to allocate a serviceIP: range is full",
                          "spec.clusterIPs"});
        return;
      }
      address = *free;
    } else if (address != before.string_or("clusterIP")) {
      const std::optional<std::uint32_t> number = parse_ipv4(address);
      std::string trouble;
      if (!number || *number - first_ >= size_) {
        trouble = cat("the provided IP (", address,
                      ") is not in the valid range. The range of valid IPs is ", cidr_);
      } else if (in_use.addresses.contains(address)) {
        trouble = "provided IP is already allocated";
      }
      if (!trouble.empty()) {
        causes.push_back({"FieldValueInvalid",
                          cat("Invalid value: [", codec::go_quote(address),
                              "]: failed to allocate IP ", address, ": ", trouble),
                          "spec.clusterIPs"});
        return;
      }
    }
    spec.set(arena, "clusterIP", Value::string(arena, address));
    if (spec.get("clusterIPs").size() == 0) {
      const Value list = Value::array(arena);
      list.push_back(arena, Value::string(arena, address));
      spec.set(arena, "clusterIPs", list);
    }
    if (spec.get("ipFamilies").size() == 0) {
      const Value list = Value::array(arena);
      list.push_back(arena, Value::string("IPv4"));
      spec.set(arena, "ipFamilies", list);
    }
    if (spec.string_or("ipFamilyPolicy").empty()) {
      spec.set(arena, "ipFamilyPolicy", Value::string("SingleStack"));
    }
  }

  std::optional<std::string> free_address(const Admission& admission, const InUse& in_use) {
    // Not the network's own address and not the last one, as upstream.
    const std::uint32_t usable = size_ - 2;
    const std::uint64_t start =
        hash_of(cat(admission.attributes.namespace_, "/", admission.attributes.name));
    for (std::uint32_t i = 0; i < usable; ++i) {
      const auto offset = static_cast<std::uint32_t>((start + i) % usable);
      std::string address = show_ipv4(first_ + 1 + offset);
      if (in_use.addresses.contains(address) || contains(addresses_, address)) continue;
      remember(addresses_, address);
      return address;
    }
    return std::nullopt;
  }

  void give_ports(const Admission& admission, const Value& spec, const InUse& in_use,
                  Causes& causes) {
    const Value before = admission.old_object.get("spec");
    std::size_t index = 0;
    for (const Value& port : spec.get("ports").elements()) {
      const std::string field = cat("spec.ports[", index++, "].nodePort");
      const std::int64_t wanted = port.int_or("nodePort", 0);
      if (wanted == 0) {
        if (keeps_port(before, port)) continue;
        const std::optional<std::int64_t> free = free_port(admission, in_use);
        if (free) port.set(admission.arena, "nodePort", Value::integer(*free));
        continue;
      }
      bool had = false;
      for (const Value& other : before.get("ports").elements()) {
        had = had || other.int_or("nodePort", 0) == wanted;
      }
      if (had) continue;
      if (wanted < kPortMin || wanted > kPortMax) {
        causes.push_back({"FieldValueInvalid",
                          cat("Invalid value: ", wanted,
                              ": provided port is not in the valid range. The range of valid ports "
                              "is ",
                              kPortMin, "-", kPortMax),
                          field});
      } else if (in_use.ports.contains(wanted)) {
        causes.push_back({"FieldValueInvalid",
                          cat("Invalid value: ", wanted, ": provided port is already allocated"),
                          field});
      }
    }
  }

  // The kind's own rules give a port that it had before back to it.
  static bool keeps_port(const Value& before, const Value& port) {
    for (const Value& other : before.get("ports").elements()) {
      if (other.int_or("port", -1) == port.int_or("port", -2) &&
          other.string_or("protocol") == port.string_or("protocol") &&
          other.int_or("nodePort", 0) != 0) {
        return true;
      }
    }
    return false;
  }

  std::optional<std::int64_t> free_port(const Admission& admission, const InUse& in_use) {
    constexpr std::int64_t kCount = kPortMax - kPortMin + 1;
    const auto start = static_cast<std::int64_t>(
        hash_of(cat(admission.attributes.namespace_, "/", admission.attributes.name)) %
        static_cast<std::uint64_t>(kCount));
    for (std::int64_t i = 0; i < kCount; ++i) {
      const std::int64_t port = kPortMin + (start + i) % kCount;
      if (in_use.ports.contains(port) || contains(ports_, port)) continue;
      remember(ports_, port);
      return port;
    }
    return std::nullopt;
  }

  template <typename T>
  bool contains(const std::deque<T>& list, const T& item) const {
    return std::find(list.begin(), list.end(), item) != list.end();
  }
  // A small range must not be used up by what was only remembered.
  template <typename T>
  void remember(std::deque<T>& list, T item) {
    list.push_back(std::move(item));
    while (list.size() > std::min<std::size_t>(kRememberedMax, size_ / 4)) list.pop_front();
  }

  const store::Store& store_;
  const std::string cidr_;
  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
  store::Derived<InUse> in_use_;
  std::mutex mutex_;
  std::deque<std::string> addresses_;
  std::deque<std::int64_t> ports_;
};

}  // namespace

std::unique_ptr<AdmissionPlugin> service_addresses(const store::Store& store, std::string cidr) {
  return std::make_unique<ServiceAddresses>(store, std::move(cidr));
}

}  // namespace thole::api
