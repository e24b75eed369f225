// Every cap on what an archive may make Henson do, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace henson::limits {

inline constexpr std::uint64_t kMaxEntries = 1U << 20;          // entries of an archive
inline constexpr std::uint64_t kMaxCodeBytes = 64ULL << 20;     // one code entry, inflated
inline constexpr std::uint64_t kMaxPickleBytes = 256ULL << 20;  // one pickle, inflated
inline constexpr std::uint64_t kMaxJsonBytes = 32ULL << 20;     // model.json, inflated
inline constexpr std::uint64_t kMaxStorageBytes = 64ULL << 30;  // one tensor storage
inline constexpr std::size_t kMaxPickleDepth = 512;             // values within values
inline constexpr std::size_t kMaxPickleValues = 1U << 22;       // values made by one pickle
inline constexpr std::size_t kMaxScriptDepth = 256;      // expressions and blocks within each other
inline constexpr std::size_t kMaxInlineDepth = 256;      // calls within calls
inline constexpr std::size_t kMaxGraphNodes = 1U << 20;  // nodes after inlining
inline constexpr std::int64_t kMaxVersion = 10;          // of archives: what PyTorch 2.13 writes
inline constexpr std::size_t kMaxRank = 64;              // dimensions of a tensor, as in PyTorch

}  // namespace henson::limits
