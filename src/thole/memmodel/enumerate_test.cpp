#include "thole/memmodel/enumerate_test.hpp"

#include <algorithm>
#include <array>

namespace thole::memmodel {
namespace {

constexpr unsigned most = 32;

// A relation on up to 32 events: row a holds the b with a -> b.
struct Relation {
  std::array<std::uint32_t, most> rows{};

  void add(unsigned a, unsigned b) { rows[a] |= 1U << b; }
  bool has(unsigned a, unsigned b) const { return (rows[a] >> b & 1) != 0; }
  Relation operator|(const Relation& o) const {
    Relation r = *this;
    for (unsigned a = 0; a < most; ++a) r.rows[a] |= o.rows[a];
    return r;
  }
  // this ; o
  Relation then(const Relation& o) const {
    Relation r;
    for (unsigned a = 0; a < most; ++a) {
      for (std::uint32_t rest = rows[a]; rest != 0; rest &= rest - 1) {
        r.rows[a] |= o.rows[static_cast<unsigned>(__builtin_ctz(rest))];
      }
    }
    return r;
  }
  Relation inverse() const {
    Relation r;
    for (unsigned a = 0; a < most; ++a) {
      for (unsigned b = 0; b < most; ++b) {
        if (has(a, b)) r.add(b, a);
      }
    }
    return r;
  }
  Relation maybe() const {
    Relation r = *this;
    for (unsigned a = 0; a < most; ++a) r.add(a, a);
    return r;
  }
  Relation plus() const {
    Relation r = *this;
    for (unsigned k = 0; k < most; ++k) {
      for (unsigned a = 0; a < most; ++a) {
        if (r.has(a, k)) r.rows[a] |= r.rows[k];
      }
    }
    return r;
  }
  bool acyclic() const {
    const Relation closed = plus();
    for (unsigned a = 0; a < most; ++a) {
      if (closed.has(a, a)) return false;
    }
    return true;
  }
};

struct Node {
  bool reads = false, writes = false, fence = false, rmw = false;
  Order order = Order::Plain;
  int location = -1;
  unsigned thread = 0, index = 0;
};

bool strong_enough(Order o, bool acquire_side) {
  return o == Order::AcqRel || o == Order::SeqCst || o == Order::Heavy ||
         o == (acquire_side ? Order::Acquire : Order::Release);
}

class Enumerator {
 public:
  Enumerator(const LitmusThreads& threads, std::uint64_t limit) : limit_(limit) {
    for (unsigned l = 0; l < 3; ++l) {
      nodes_.push_back({.writes = true, .location = static_cast<int>(l), .thread = 0, .index = l});
    }
    for (unsigned t = 0; t < threads.size(); ++t) {
      unsigned index = 0;
      for (const LitmusOp& op : threads[t]) {
        Node node{.order = op.order, .location = op.location, .thread = t + 1, .index = index++};
        node.fence = op.type == LitmusOp::Type::Fence;
        node.reads = op.type == LitmusOp::Type::Read || op.type == LitmusOp::Type::Exchange;
        node.writes = op.type == LitmusOp::Type::Write;
        node.rmw = op.type == LitmusOp::Type::Exchange;
        if (node.fence) node.location = -1;
        nodes_.push_back(node);
        if (node.rmw) {
          node.index = index++;
          node.reads = false;
          node.writes = true;
          nodes_.push_back(node);
        }
      }
    }
    for (unsigned a = 0; a < nodes_.size(); ++a) {
      for (unsigned b = 0; b < nodes_.size(); ++b) {
        const bool before = nodes_[a].thread == nodes_[b].thread ? nodes_[a].index < nodes_[b].index
                                                                 : nodes_[a].thread == 0;
        if (!before) continue;
        hb_start_.add(a, b);
        if (nodes_[a].thread != nodes_[b].thread || nodes_[a].thread == 0) continue;
        po_.add(a, b);
        if (nodes_[a].location != nodes_[b].location || nodes_[a].fence) po_other_.add(a, b);
      }
    }
  }

  bool run() {
    std::uint64_t ways = 1;
    for (unsigned id = 0; id < nodes_.size(); ++id) {
      if (nodes_[id].reads) {
        reads_.push_back(id);
        ways *= writes_of(nodes_[id].location).size();
      }
    }
    for (int l = 0; l < 3; ++l) {
      std::vector<unsigned> order = writes_of(l);
      std::vector<std::vector<unsigned>> orders;
      do {  // The initial write first; a thread's own in its order, or coherence fails at once.
        bool possible = order[0] == static_cast<unsigned>(l);
        for (unsigned i = 0; i < order.size(); ++i) {
          for (unsigned j = i + 1; j < order.size(); ++j) {
            possible = possible && !po_.has(order[j], order[i]);
          }
        }
        if (possible) orders.push_back(order);
      } while (order.size() < 8 && std::next_permutation(order.begin() + 1, order.end()));
      if (order.size() >= 8) return false;
      ways *= orders.size();
      orders_.push_back(std::move(orders));
    }
    if (ways > limit_ || nodes_.size() > most) return false;
    choose_rf(0);
    return true;
  }

  std::vector<std::string> found;
  std::uint64_t tried = 0;

 private:
  std::vector<unsigned> writes_of(int location) const {
    std::vector<unsigned> result;
    for (unsigned id = 0; id < nodes_.size(); ++id) {
      if (nodes_[id].writes && nodes_[id].location == location) result.push_back(id);
    }
    return result;
  }

  void choose_rf(std::size_t read) {
    if (read == reads_.size()) {
      for (const auto& x : orders_[0]) {
        for (const auto& y : orders_[1]) {
          for (const auto& z : orders_[2]) test({&x, &y, &z});
        }
      }
      return;
    }
    for (unsigned w : writes_of(nodes_[reads_[read]].location)) {
      rf_of_[reads_[read]] = w;
      choose_rf(read + 1);
    }
  }

  void test(std::array<const std::vector<unsigned>*, 3> orders) {
    ++tried;
    const unsigned n = static_cast<unsigned>(nodes_.size());
    Relation rf, mo, rf_rmw;
    for (unsigned r : reads_) {
      rf.add(rf_of_[r], r);
      if (nodes_[r].rmw) rf_rmw.add(rf_of_[r], r + 1);
    }
    for (const auto* order : orders) {
      for (unsigned i = 0; i < order->size(); ++i) {
        for (unsigned j = i + 1; j < order->size(); ++j) mo.add((*order)[i], (*order)[j]);
      }
    }
    if (!(po_ | rf).acyclic()) return;
    Relation fr = rf.inverse().then(mo);
    for (unsigned r : reads_) {  // Atomicity.
      if (nodes_[r].rmw && fr.then(mo).has(r, r + 1)) return;
    }

    // sw: release side ; release sequence ; rf ; acquire side.
    Relation release_side, acquire_side;
    for (unsigned a = 0; a < n; ++a) {
      if (nodes_[a].writes && strong_enough(nodes_[a].order, false)) release_side.add(a, a);
      if (nodes_[a].reads && strong_enough(nodes_[a].order, true)) acquire_side.add(a, a);
      for (unsigned b = 0; b < n; ++b) {
        if (!po_.has(a, b)) continue;
        if (nodes_[a].fence && strong_enough(nodes_[a].order, false) && nodes_[b].writes) {
          release_side.add(a, b);
        }
        if (nodes_[b].fence && strong_enough(nodes_[b].order, true) && nodes_[a].reads) {
          acquire_side.add(a, b);
        }
      }
    }
    const Relation sw = release_side.then(rf_rmw.plus().maybe()).then(rf).then(acquire_side);
    const Relation hb = (hb_start_ | sw).plus();
    const Relation eco = (rf | mo | fr).plus();
    const Relation wrong = hb.then(eco.maybe());
    for (unsigned a = 0; a < n; ++a) {
      if (wrong.has(a, a)) return;
    }

    Relation hb_same;
    for (unsigned a = 0; a < n; ++a) {
      for (unsigned b = 0; b < n; ++b) {
        if (hb.has(a, b) && nodes_[a].location == nodes_[b].location && nodes_[a].location >= 0) {
          hb_same.add(a, b);
        }
      }
    }
    const Relation scb = po_ | po_other_.then(hb).then(po_other_) | hb_same | mo | fr;
    Relation from, to, fences;
    for (unsigned a = 0; a < n; ++a) {
      if (nodes_[a].order < Order::SeqCst) continue;
      from.add(a, a);
      to.add(a, a);
      if (!nodes_[a].fence) continue;
      fences.add(a, a);
      for (unsigned b = 0; b < n; ++b) {
        if (hb.has(a, b)) from.add(a, b);
        if (hb.has(b, a)) to.add(b, a);
      }
    }
    Relation psc = from.then(scb).then(to) | fences.then(hb | hb.then(eco).then(hb)).then(fences);
    for (unsigned a = 0; a < n; ++a) {
      for (unsigned b = 0; b < n; ++b) {
        const Order one = nodes_[a].order;
        const Order two = nodes_[b].order;
        if ((one == Order::Light && two != Order::Heavy) ||
            (two == Order::Light && one != Order::Heavy)) {
          psc.rows[a] &= ~(1U << b);
        }
      }
    }
    if (psc.acyclic()) found.push_back(signature(mo));
  }

  std::string signature(const Relation& mo) const {
    std::string text;
    const Relation before = mo.inverse();
    for (unsigned id = 0; id < nodes_.size(); ++id) {
      const std::string name =
          std::to_string(nodes_[id].thread) + "." + std::to_string(nodes_[id].index);
      if (nodes_[id].reads) {
        const Node& source = nodes_[rf_of_[id]];
        text +=
            name + "<" + std::to_string(source.thread) + "." + std::to_string(source.index) + " ";
      }
      if (nodes_[id].writes) {
        text += name + "#" + std::to_string(__builtin_popcount(before.rows[id])) + " ";
      }
    }
    return text;
  }

  std::uint64_t limit_;
  std::vector<Node> nodes_;
  Relation po_, po_other_, hb_start_;
  std::vector<unsigned> reads_;
  std::array<unsigned, most> rf_of_{};
  std::vector<std::vector<std::vector<unsigned>>> orders_;
};

}  // namespace

std::vector<std::string> enumerated_graphs(const LitmusThreads& threads, std::uint64_t limit,
                                           std::uint64_t& tried) {
  Enumerator enumerator(threads, limit);
  if (!enumerator.run()) return {};
  tried += enumerator.tried;
  std::sort(enumerator.found.begin(), enumerator.found.end());
  return std::move(enumerator.found);
}

}  // namespace thole::memmodel
