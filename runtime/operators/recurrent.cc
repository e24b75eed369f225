// Layers that go through a sequence step by step: LSTM, GRU, and those of tanh and relu.
#include "runtime/operators/recurrent.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/inference.h"
#include "runtime/operators/joining.h"
#include "runtime/operators/matmul.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

enum class Cell { kLstm, kGru, kTanh, kRelu };

std::int64_t gates_of(Cell cell) { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }

/// What one direction of one layer multiplies by.
struct Weights {
  Tensor input;   // [gates * hidden, size of the input]
  Tensor hidden;  // [gates * hidden, size of the state]
  std::optional<Tensor> input_bias;
  std::optional<Tensor> hidden_bias;
  std::optional<Tensor> projection;  // [size of the state, hidden]; of an LSTM
};

/// The states of a batch; `cell` of an LSTM alone.
struct State {
  Tensor hidden;  // [batch, size]
  std::optional<Tensor> cell;
};

template <typename T>
T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

/// The new state of `row` of a batch, of what the input and the old state give to each gate.
template <typename T>
struct Gates {
  const T* x;  // of the input: a part a gate
  const T* h;  // of the state
  std::int64_t size;

  T sum(std::int64_t gate, std::int64_t i) const { return x[gate * size + i] + h[gate * size + i]; }
};

template <typename T>
void step_row(Cell kind, const Gates<T>& gates, const T* old, T* hidden, T* cell) {
  for (std::int64_t i = 0; i < gates.size; ++i) {
    switch (kind) {
      case Cell::kLstm: {
        cell[i] = sigmoid(gates.sum(1, i)) * cell[i] +
                  sigmoid(gates.sum(0, i)) * std::tanh(gates.sum(2, i));
        hidden[i] = sigmoid(gates.sum(3, i)) * std::tanh(cell[i]);
        break;
      }
      case Cell::kGru: {
        const T reset = sigmoid(gates.sum(0, i));
        const T update = sigmoid(gates.sum(1, i));
        const std::int64_t last = 2 * gates.size + i;
        const T made = std::tanh(gates.x[last] + reset * gates.h[last]);
        hidden[i] = (old[i] - made) * update + made;
        break;
      }
      case Cell::kTanh:
        hidden[i] = std::tanh(gates.sum(0, i));
        break;
      case Cell::kRelu:
        hidden[i] = std::max(gates.sum(0, i), T{0});
        break;
    }
  }
}

/// One step of a batch. `x`: what the input gives to the gates, [batch, gates * hidden].
void step(Allocator& memory, Cell kind, const Tensor& x, const Weights& weights, State& state) {
  const Tensor from_state =
      linear(memory, state.hidden, weights.hidden, weights.hidden_bias).contiguous(memory);
  const Tensor from_input = x.contiguous(memory);
  const std::int64_t batch = x.size(0);
  const std::int64_t size = x.size(1) / gates_of(kind);
  Tensor hidden = Tensor::empty(memory, x.dtype(), {batch, size});
  if (state.cell) state.cell = state.cell->clone(memory);
  const Tensor old = state.hidden.contiguous(memory);
  visit_product_dtype(x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (!std::is_floating_point_v<T>) {
      fail("recurrent layers are of floating numbers");
    } else {
      for (std::int64_t b = 0; b < batch; ++b) {
        const std::int64_t gates = b * gates_of(kind) * size;
        T* const cell = state.cell ? state.cell->template mutable_data<T>() + b * size : nullptr;
        step_row<T>(kind, {from_input.data<T>() + gates, from_state.data<T>() + gates, size},
                    old.data<T>() + b * old.size(1), hidden.mutable_data<T>() + b * size, cell);
      }
    }
  });
  state.hidden =
      weights.projection ? linear(memory, hidden, *weights.projection, std::nullopt) : hidden;
}

/// One direction through x [length, batch, size]: the states of every step, [length, batch, n].
Tensor run_direction(Allocator& memory, Cell kind, const Tensor& x, const Weights& weights,
                     bool backwards, State& state) {
  const Tensor gates = linear(memory, x, weights.input, weights.input_bias);
  const std::int64_t length = x.size(0);
  std::vector<Tensor> steps(static_cast<std::size_t>(length));
  for (std::int64_t i = 0; i < length; ++i) {
    const std::int64_t at = backwards ? length - 1 - i : i;
    step(memory, kind, select(gates, 0, at), weights, state);
    steps[static_cast<std::size_t>(at)] = state.hidden;
  }
  return stack(memory, steps, 0);
}

/// The arguments behind the states: of every one of these operators the same.
struct Layers {
  std::vector<Tensor> parameters;
  bool has_biases = true;
  std::int64_t count = 1;
  bool both_ways = false;
  bool batch_first = false;

  std::size_t directions() const { return both_ways ? 2 : 1; }
};

Layers layers_of(const Call& call) {
  Layers layers;
  layers.parameters = call.tensors(2);
  layers.has_biases = call.flag(3);
  layers.count = call.integer(4);
  if (call.flag(6) && call.number(5) != 0) fail("a recurrent layer with dropout, in training mode");
  layers.both_ways = call.flag(7);
  layers.batch_first = call.flag(8);
  return layers;
}

/// The weights of direction `number`, counted through the layers.
Weights weights_of(const Layers& layers, std::size_t number, Cell kind) {
  const std::size_t directions = static_cast<std::size_t>(layers.count) * layers.directions();
  const std::size_t plain = layers.has_biases ? 4 : 2;
  const std::size_t each = layers.parameters.size() / std::max<std::size_t>(directions, 1);
  const bool projects = kind == Cell::kLstm && each == plain + 1;
  if ((each != plain && !projects) || each * directions != layers.parameters.size()) {
    fail("a recurrent layer with " + std::to_string(layers.parameters.size()) + " weights");
  }
  const auto at = [&](std::size_t i) { return layers.parameters[number * each + i]; };
  Weights weights{at(0), at(1), std::nullopt, std::nullopt, std::nullopt};
  if (layers.has_biases) {
    weights.input_bias = at(2);
    weights.hidden_bias = at(3);
  }
  if (projects) weights.projection = at(plain);
  return weights;
}

void check_states(const Tensor& x, const Tensor& states, const Layers& layers) {
  const auto directions = layers.count * static_cast<std::int64_t>(layers.directions());
  if (x.dim() != 3 || states.dim() != 3 || states.size(0) != directions ||
      states.size(1) != x.size(1)) {
    fail("a recurrent layer's states are " + to_string(states.sizes()) + " for an input of " +
         to_string(x.sizes()) + ", steps first");
  }
  check_same_dtype(x, states);
}

struct Results {
  Tensor output;
  Tensor hidden;
  std::optional<Tensor> cell;
};

Results run_layers(Allocator& memory, Cell kind, const Tensor& input, const Tensor& hidden,
                   const std::optional<Tensor>& cell, const Layers& layers) {
  Tensor x = layers.batch_first && input.dim() == 3 ? transpose(input, 0, 1) : input;
  check_states(x, hidden, layers);
  if (cell) check_states(x, *cell, layers);
  if (x.size(0) == 0) fail("Expected sequence length to be larger than 0 in RNN");
  std::vector<Tensor> hiddens;
  std::vector<Tensor> cells;
  std::size_t number = 0;
  for (std::int64_t layer = 0; layer < layers.count; ++layer) {
    std::vector<Tensor> outputs;
    for (std::size_t way = 0; way < layers.directions(); ++way, ++number) {
      const auto at = static_cast<std::int64_t>(number);
      State state{select(hidden, 0, at), std::nullopt};
      if (cell) state.cell = select(*cell, 0, at);
      const Weights weights = weights_of(layers, number, kind);
      outputs.push_back(run_direction(memory, kind, x, weights, way == 1, state));
      hiddens.push_back(state.hidden);
      if (state.cell) cells.push_back(*state.cell);
    }
    x = outputs.size() == 1 ? outputs[0] : cat(memory, outputs, 2);
  }
  Results results{layers.batch_first ? transpose(x, 0, 1) : x, stack(memory, hiddens, 0), {}};
  if (cell) results.cell = stack(memory, cells, 0);
  return results;
}

void run_lstm(Call& call) {
  const std::vector<Tensor> states = call.tensors(1);
  if (states.size() != 2) fail("lstm expects two hidden states");
  Results results =
      run_layers(call.memory(), Cell::kLstm, call.tensor(0), states[0], states[1], layers_of(call));
  call.give(std::move(results.output));
  call.give(std::move(results.hidden));
  call.give(std::move(*results.cell));
}

template <Cell kKind>
void run_plain(Call& call) {
  Results results = run_layers(call.memory(), kKind, call.tensor(0), call.tensor(1), std::nullopt,
                               layers_of(call));
  call.give(std::move(results.output));
  call.give(std::move(results.hidden));
}

void types(Inference& call) {
  for (std::size_t i = 0; i < call.result_count(); ++i) {
    call.result(i).dtype = call.arg(0).dtype;
    call.result(i).floating = call.arg(0).floating;
  }
}

/// The states' sizes: of the tensor, or of the first of an LSTM's two.
std::optional<Dimensions> state_sizes(const Inference& call, std::size_t which) {
  const Fact& states = call.arg(1);
  if (states.kind == TypeKind::kTensor) return call.resolved(states.dims);
  if (!states.items || which >= states.items->size()) return std::nullopt;
  return call.resolved((*states.items)[which].dims);
}

void sizes(Inference& call) {
  for (std::size_t i = 1; i < call.result_count(); ++i) {
    call.result(i).dims = state_sizes(call, i - 1);
  }
  call.result().least_rank = 3;
  std::optional<Dimensions> output = call.dims(0);
  const std::optional<Dimensions> states = state_sizes(call, 0);
  const std::optional<std::int64_t> both_ways = call.integer(7);
  if (!output || output->size() != 3 || !states || states->size() != 3 || !both_ways) return;
  output->back() = *both_ways != 0 ? states->back() * Dimension::of(2) : states->back();
  call.result().dims = std::move(output);
}

constexpr Rule kRule{types, sizes, Trait::kMixes};

}  // namespace

void register_recurrent(OperatorTable& table) {
  const std::string rest =
      ", Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, "
      "bool bidirectional, bool batch_first) -> (Tensor, Tensor";
  table.add("aten::lstm.input(Tensor input, Tensor[] hx" + rest + ", Tensor)", run_lstm, kRule);
  table.add("aten::gru.input(Tensor input, Tensor hx" + rest + ")", run_plain<Cell::kGru>, kRule);
  table.add("aten::rnn_tanh.input(Tensor input, Tensor hx" + rest + ")", run_plain<Cell::kTanh>,
            kRule);
  table.add("aten::rnn_relu.input(Tensor input, Tensor hx" + rest + ")", run_plain<Cell::kRelu>,
            kRule);
}

}  // namespace henson::runtime
