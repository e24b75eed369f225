#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "tests/kernels/isas.h"
#include "tests/kernels/random.h"

namespace henson::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class AttentionTest : public IsaTest {};
HENSON_ON_ALL_ISAS(AttentionTest);

/// One head between two others in rows of all heads.
struct Head {
  Head(std::size_t queries, std::size_t keys, std::size_t width, std::size_t value_width)
      : q(random_floats(queries * 3 * width, -2, 2, 1)),
        k(random_floats(keys * 3 * width, -2, 2, 2)),
        v(random_floats(keys * 3 * value_width, -2, 2, 3)),
        y(queries * 3 * value_width, 9) {
    call.q = q.data() + width;
    call.k = k.data() + width;
    call.v = v.data() + value_width;
    call.q_stride = call.k_stride = 3 * width;
    call.v_stride = call.y_stride = 3 * value_width;
    call.queries = queries;
    call.keys = keys;
    call.width = width;
    call.value_width = value_width;
    call.scale = 1 / std::sqrt(static_cast<float>(width));
    call.y = y.data() + value_width;
  }

  void run() { run(0, call.queries); }
  void run(std::size_t first, std::size_t last) {
    std::vector<float> scratch(attention_scratch(call), NAN);
    attend(call, first, last, scratch.data());
  }

  double score(std::size_t query, std::size_t key) const {
    if (call.fill != nullptr &&
        call.fill[query * call.fill_row_stride + key * call.fill_key_stride]) {
      return call.fill_value;
    }
    double sum = 0;
    for (std::size_t w = 0; w < call.width; ++w) {
      sum += double{call.q[query * call.q_stride + w]} * call.k[key * call.k_stride + w];
    }
    sum *= call.scale;
    if (call.bias != nullptr) {
      sum += call.bias[query * call.bias_row_stride + key * call.bias_key_stride];
    }
    return sum;
  }

  void expect_right() const {
    for (std::size_t query = 0; query < call.queries; ++query) {
      double highest = -kInfinity;
      for (std::size_t key = 0; key < call.keys; ++key) {
        highest = std::max(highest, score(query, key));
      }
      std::vector<double> weights(call.keys);
      double sum = 0;
      for (std::size_t key = 0; key < call.keys; ++key) {
        weights[key] = std::exp(score(query, key) - highest);
        sum += weights[key];
      }
      for (std::size_t w = 0; w < call.value_width; ++w) {
        double expected = 0;
        for (std::size_t key = 0; key < call.keys; ++key) {
          expected += weights[key] / sum * call.v[key * call.v_stride + w];
        }
        ASSERT_NEAR(call.y[query * call.y_stride + w], expected, 5e-6)
            << call.queries << " queries, " << call.keys << " keys, width " << call.width
            << ": query " << query << ", column " << w;
      }
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t head = i % call.y_stride / call.value_width;
      if (head == 1) continue;
      ASSERT_EQ(y[i], 9) << "written beside the head";
    }
  }

  std::vector<float> q, k, v, y;
  Attention call;
};

TEST_P(AttentionTest, RunsOnTheForcedInstructionSet) {
  EXPECT_EQ(attend_isa(), base_of(GetParam()));
}

TEST_P(AttentionTest, AgreesWithDoublePrecision) {
  for (const std::size_t width : {1, 4, 12, 16, 20, 32, 64, 96}) {
    for (const std::size_t length : {1, 2, 7, 14, 33, 70, 130}) {
      Head head(length, length, width, width);
      head.run();
      head.expect_right();
    }
  }
}

TEST_P(AttentionTest, ManyKeysGoBlockByBlock) {
  Head head(3, 1300, 16, 24);
  head.run();
  head.expect_right();
}

TEST_P(AttentionTest, OfQueriesKeysAndValuesOfDifferentSizes) {
  Head head(5, 40, 8, 36);
  head.run();
  head.expect_right();
}

TEST_P(AttentionTest, BiasIsAddedHoweverItIsBroadcast) {
  const std::vector<float> bias = random_floats(20 * 35, -3, 3, 9);
  for (const std::size_t row_stride : {0, 35}) {
    for (const std::size_t key_stride : {0, 1}) {
      Head head(20, 35, 16, 16);
      head.call.bias = bias.data();
      head.call.bias_row_stride = row_stride;
      head.call.bias_key_stride = key_stride;
      head.run();
      head.expect_right();
    }
  }
}

TEST_P(AttentionTest, FillReplacesScores) {
  const std::size_t queries = 20;
  const std::size_t keys = 600;
  const auto fill = std::make_unique<bool[]>(queries * keys);
  for (std::size_t i = 0; i < queries * keys; ++i) fill[i] = i % 3 == 0 || i / keys == 4;
  for (const std::size_t row_stride : {std::size_t{0}, keys}) {
    for (const float value : {-10000.0F, std::numeric_limits<float>::lowest(), 1.5F}) {
      Head head(queries, keys, 16, 16);
      head.call.fill = fill.get();
      head.call.fill_row_stride = row_stride;
      head.call.fill_key_stride = 1;
      head.call.fill_value = value;
      head.run();
      head.expect_right();
    }
  }
}

TEST_P(AttentionTest, QueriesWithoutKeysAreNotANumberOrZero) {
  for (const std::size_t keys : {5, 700}) {
    for (const bool safe : {false, true}) {
      const auto fill = std::make_unique<bool[]>(keys);
      std::fill_n(fill.get(), keys, true);
      Head head(3, keys, 8, 8);
      head.call.fill = fill.get();
      head.call.fill_key_stride = 1;
      head.call.fill_value = -kInfinity;
      head.call.safe = safe;
      head.run();
      for (std::size_t w = 0; w < 8; ++w) {
        ASSERT_TRUE(safe ? head.call.y[w] == 0 : std::isnan(head.call.y[w])) << keys;
      }
    }
  }
}

TEST_P(AttentionTest, KeysOfMinusInfinityInTheFirstBlockDoNotSpoilTheOthers) {
  const std::size_t keys = 900;
  const auto fill = std::make_unique<bool[]>(keys);
  for (std::size_t i = 0; i < keys; ++i) fill[i] = i < 512;
  Head head(3, keys, 8, 8);
  head.call.fill = fill.get();
  head.call.fill_key_stride = 1;
  head.call.fill_value = -kInfinity;
  head.run();
  head.expect_right();
}

TEST_P(AttentionTest, QueriesStandAlone) {
  Head whole(90, 40, 16, 16);
  whole.run();
  Head parts(90, 40, 16, 16);
  for (std::size_t query = 0; query < 90; query += 7) {
    parts.run(query, std::min<std::size_t>(90, query + 7));
  }
  EXPECT_TRUE(same_bits(whole.y.data(), parts.y.data(), whole.y.size()));
}

TEST_P(AttentionTest, HiddenKeysAtTheEndDoNotChangeTheBits) {
  for (const std::size_t more : {1, 30, 600}) {
    const std::size_t keys = 45;
    Head padded(45, keys + more, 16, 16);
    std::vector<float> bias(keys + more, -10000);
    std::fill_n(bias.begin(), keys, 0.0F);
    padded.call.bias = bias.data();
    padded.call.bias_key_stride = 1;
    padded.run();
    Head alone(45, keys, 16, 16);
    alone.call.k = padded.call.k;
    alone.call.v = padded.call.v;
    alone.call.bias = bias.data();
    alone.call.bias_key_stride = 1;
    alone.run();
    EXPECT_TRUE(same_bits(padded.y.data(), alone.y.data(), alone.y.size())) << more;
  }
}

TEST_P(AttentionTest, WeightsAreWhatSoftmaxGives) {
  Head head(20, 700, 16, 16);
  std::vector<float> weights(20 * 700, NAN);
  head.call.weights = weights.data();
  head.call.weights_stride = 700;
  head.run();
  head.expect_right();
  for (std::size_t q = 0; q < 20; ++q) {
    double sum = 0;
    for (std::size_t k = 0; k < 700; ++k) sum += std::exp(head.score(q, k));
    for (std::size_t k = 0; k < 700; ++k) {
      ASSERT_NEAR(weights[q * 700 + k], std::exp(head.score(q, k)) / sum, 1e-6);
    }
  }
}

}  // namespace
}  // namespace henson::kernels
