// Sessions of one model, as many as there are calls at once.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <utility>
#include <vector>

#include "runtime/python/bindings/fork.h"

namespace henson::python {

/// Hands out a T for a call, that which was used last first, and makes one when all are in use. All
/// of it with the GIL, which guards it.
template <typename T>
class Pool {
 public:
  /// `make` is called without the GIL.
  explicit Pool(std::function<T()> make) : make_(std::move(make)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Calls f(T&) without the GIL.
  template <typename F>
  auto use(const F& f) {
    Lease lease(*this, take());
    const nanobind::gil_scoped_release released;
    const NoFork no_fork;
    return f(*lease.item);
  }

 private:
  /// Goes back to the pool also when the call throws.
  struct Lease {
    Lease(Pool& of, OfProcess<T> taken) : pool(of), item(std::move(taken)) {}
    ~Lease() { pool.idle_.push_back(std::move(item)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Pool& pool;
    OfProcess<T> item;
  };

  OfProcess<T> take() {
    while (!idle_.empty()) {
      OfProcess<T> item = std::move(idle_.back());
      idle_.pop_back();
      if (item.is_ours()) return item;
    }
    const nanobind::gil_scoped_release released;
    const NoFork no_fork;
    return OfProcess<T>(make_());
  }

  std::function<T()> make_;
  std::vector<OfProcess<T>> idle_;
};

}  // namespace henson::python
