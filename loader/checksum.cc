#include "loader/checksum.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <system_error>
#include <thread>

namespace henson::loader {
namespace {

// Memory is read no faster by more threads than these.
constexpr std::size_t kMaxThreads = 8;
// What makes up for the start of a thread.
constexpr std::size_t kBytesPerThread = 4 << 20;
// Read at once: what stays in L2 until its checksum is computed.
constexpr std::size_t kRead = 128 << 10;

// A checksum is a polynomial over one bit, its highest power in the lowest bit. Products modulo
// that of CRC-32:
constexpr std::uint32_t kPolynomial = 0xedb88320;
constexpr std::uint32_t kOne = 0x80000000;

constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t result = 0;
  for (std::uint32_t power = kOne; power != 0; power >>= 1) {
    if ((a & power) != 0) result ^= b;
    b = (b & 1) != 0 ? b >> 1 ^ kPolynomial : b >> 1;
  }
  return result;
}

// x to the power of 2^n.
constexpr std::array<std::uint32_t, 64> powers() noexcept {
  std::array<std::uint32_t, 64> table{};
  table[0] = kOne >> 1;
  for (std::size_t n = 1; n < table.size(); ++n) table[n] = product(table[n - 1], table[n - 1]);
  return table;
}

struct Piece {
  std::size_t range;
  std::size_t index;
  FileRange place;
};

std::vector<Piece> pieces_of(std::span<const FileRange> ranges) {
  std::vector<Piece> pieces;
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    std::size_t index = 0;
    for (std::uint64_t at = 0; at < ranges[r].bytes; at += kChecksumPiece) {
      const auto bytes = std::min<std::uint64_t>(ranges[r].bytes - at, kChecksumPiece);
      pieces.push_back({r, index++, {ranges[r].offset + at, bytes}});
    }
  }
  return pieces;
}

std::size_t thread_count(std::span<const Piece> pieces) {
  std::size_t bytes = 0;
  for (const Piece& piece : pieces) bytes += static_cast<std::size_t>(piece.place.bytes);
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  return std::min({cores, kMaxThreads, bytes / kBytesPerThread + 1, pieces.size()});
}

bool read_checksum(const File& file, const FileRange& place, std::span<std::byte> buffer,
                   std::uint32_t& checksum) {
  checksum = 0;
  for (std::uint64_t at = 0; at < place.bytes; at += buffer.size()) {
    const auto part = buffer.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(place.bytes - at, buffer.size())));
    if (!file.read(place.offset + at, part)) return false;
    checksum = libdeflate_crc32(checksum, part.data(), part.size());
  }
  return true;
}

}  // namespace

std::uint32_t checksum_of(std::span<const std::byte> bytes) noexcept {
  return libdeflate_crc32(0, bytes.data(), bytes.size());
}

std::uint32_t joined_checksum(std::uint32_t first, std::uint32_t second,
                              std::uint64_t second_bytes) noexcept {
  static constexpr std::array<std::uint32_t, 64> kPowers = powers();
  std::size_t n = 3;  // bits
  for (std::uint64_t bytes = second_bytes; bytes != 0; bytes >>= 1, ++n) {
    if ((bytes & 1) != 0) first = product(kPowers[n % kPowers.size()], first);
  }
  return first ^ second;
}

std::vector<Checksums> checksums_of(const File& file, std::span<const FileRange> ranges) {
  std::vector<Checksums> result(ranges.size());
  const std::vector<Piece> pieces = pieces_of(ranges);
  for (const Piece& piece : pieces) result[piece.range].pieces.push_back(0);
  std::vector<char> failed(pieces.size(), 0);
  std::atomic<std::size_t> next = 0;
  const std::size_t count = thread_count(pieces);
  std::vector<std::byte> buffers(std::max<std::size_t>(count, 1) * kRead);
  const auto work = [&](std::size_t thread) {
    const auto buffer = std::span(buffers).subspan(thread * kRead, kRead);
    for (std::size_t i = next++; i < pieces.size(); i = next++) {
      const Piece& piece = pieces[i];
      std::uint32_t& checksum = result[piece.range].pieces[piece.index];
      failed[i] = read_checksum(file, piece.place, buffer, checksum) ? 0 : 1;
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t i = 1; i < count; ++i) helpers.emplace_back(work, i);
  } catch (const std::system_error&) {  // no more threads: those that run do it all
  }
  work(0);
  helpers.clear();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    Checksums& sums = result[pieces[i].range];
    sums.readable = sums.readable && failed[i] == 0;
    sums.whole = joined_checksum(sums.whole, sums.pieces[pieces[i].index], pieces[i].place.bytes);
  }
  return result;
}

}  // namespace henson::loader
