#include "runtime/tokenizer/merges.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <queue>
#include <utility>

namespace henson::tokenizer {
namespace {

constexpr std::size_t kShort = 32;  // symbols; a scan at each merge beats a heap up to about here

}  // namespace

void Merges::add(std::int32_t left, std::int32_t right, std::int32_t result) {
  const std::uint64_t pair = pair_of(left, right);
  Slot& found = slots_[slot(pair)];
  if (found.rank == kNoRank) ++used_;
  found = {pair, next_rank_++, result};
  if (used_ * 3 > slots_.size()) grow();
}

void Merges::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  std::swap(old, slots_);
  --shift_;
  for (const Slot& entry : old) {
    if (entry.rank != kNoRank) slots_[slot(entry.pair)] = entry;
  }
}

void Merges::apply(std::vector<Symbol>& symbols) const {
  if (symbols.size() < 2) return;
  if (symbols.size() <= kShort) {
    apply_to_short(symbols);
  } else {
    apply_to_long(symbols);
  }
}

void Merges::apply_to_short(std::vector<Symbol>& symbols) const {
  std::array<std::uint32_t, kShort> ranks;  // of each symbol with the next one
  std::array<std::int32_t, kShort> results;
  std::size_t count = symbols.size();
  const auto update = [&](std::size_t i) {
    const Slot& found = find(symbols[i], symbols[i + 1]);
    ranks[i] = found.rank;
    results[i] = found.result;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) update(i);
  while (count > 1) {
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(count - 1);
    const auto best = std::min_element(ranks.begin(), end);
    if (*best == kNoRank) break;
    const auto at = static_cast<std::size_t>(best - ranks.begin());
    symbols[at] = {results[at], symbols[at].length + symbols[at + 1].length};
    --count;
    for (std::size_t i = at + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      ranks[i] = ranks[i + 1];
      results[i] = results[i + 1];
    }
    if (at > 0) update(at - 1);
    if (at + 1 < count) update(at);
  }
  symbols.resize(count);
}

void Merges::apply_to_long(std::vector<Symbol>& symbols) const {
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Links {
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    std::uint32_t rank = kNoRank;  // with the next one; kNoRank too when merged into the one before
    std::int32_t result = 0;
  };
  using Candidate = std::pair<std::uint32_t, std::uint32_t>;  // rank, position

  const auto count = static_cast<std::uint32_t>(symbols.size());
  std::vector<Links> links(count);
  std::vector<Candidate> candidates;
  const auto update = [&](std::uint32_t i) {
    Links& link = links[i];
    link.rank = kNoRank;
    if (link.next == kNone) return false;
    const Slot& found = find(symbols[i], symbols[link.next]);
    link.rank = found.rank;
    link.result = found.result;
    return link.rank != kNoRank;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    links[i].previous = i == 0 ? kNone : i - 1;
    links[i].next = i + 1 < count ? i + 1 : kNone;
    if (update(i)) candidates.emplace_back(links[i].rank, i);
  }
  std::priority_queue heap(std::greater<>{}, std::move(candidates));
  while (!heap.empty()) {
    const auto [rank, at] = heap.top();
    heap.pop();
    Links& link = links[at];
    if (rank != link.rank) continue;  // one of the two has become another token since
    const std::uint32_t right = link.next;
    symbols[at] = {link.result, symbols[at].length + symbols[right].length};
    symbols[right].length = 0;
    links[right].rank = kNoRank;
    link.next = links[right].next;
    if (link.next != kNone) links[link.next].previous = at;
    if (link.previous != kNone && update(link.previous)) {
      heap.emplace(links[link.previous].rank, link.previous);
    }
    if (update(at)) heap.emplace(link.rank, at);
  }
  std::size_t kept = 0;
  for (std::uint32_t at = 0; at != kNone; at = links[at].next) symbols[kept++] = symbols[at];
  symbols.resize(kept);
}

}  // namespace henson::tokenizer
