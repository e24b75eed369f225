// Every cap on what an archive may make Henson do, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace henson::limits {

inline constexpr std::uint64_t kMaxEntries = 1U << 20;          // entries of an archive
inline constexpr std::uint64_t kMaxCodeBytes = 64ULL << 20;     // all code, inflated
inline constexpr std::uint64_t kMaxPickleBytes = 64ULL << 20;   // one pickle, inflated
inline constexpr std::uint64_t kMaxJsonBytes = 8ULL << 20;      // model.json, inflated
inline constexpr std::uint64_t kMaxStorageBytes = 64ULL << 30;  // one tensor storage
inline constexpr std::size_t kMaxPickleDepth = 512;             // values within values
inline constexpr std::size_t kMaxScriptDepth = 256;     // expressions and blocks within each other
inline constexpr std::size_t kMaxInlineDepth = 256;     // calls within calls
inline constexpr std::size_t kMaxValueDepth = 128;      // tuples, lists and dicts of the code
inline constexpr std::size_t kMaxEvaluateDepth = 1024;  // expressions, through all calls
inline constexpr std::int64_t kMaxVersion = 10;         // of archives: what PyTorch 2.13 writes
inline constexpr std::size_t kMaxRank = 64;             // dimensions of a tensor, as in PyTorch

// What a whole file may ask for (loader/budget.h). The largest BERT there is needs a tenth of it.
inline constexpr std::uint64_t kSpareBytes = 64ULL << 20;  // and so many for each byte of the file:
inline constexpr std::uint64_t kBytesOfEach = 8;
inline constexpr std::uint64_t kMaxPickleValues = 1U << 20;
inline constexpr std::uint64_t kMaxExpressions = 1U << 19;
inline constexpr std::uint64_t kMaxSteps = 1U << 20;
inline constexpr std::uint64_t kMaxGraphNodes = 1U << 16;
inline constexpr std::uint64_t kMaxGraphValues = 1U << 18;
inline constexpr std::uint64_t kMaxItems = 1U << 20;
inline constexpr std::uint64_t kMaxStringBytes = 64ULL << 20;
inline constexpr std::uint64_t kMaxInputs = 1U << 10;
inline constexpr std::uint64_t kMaxOutputs = 1U << 12;
inline constexpr std::size_t kMaxParts = 1U << 16;  // of one tensor that a run takes apart

}  // namespace henson::limits
