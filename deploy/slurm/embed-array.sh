#!/bin/bash
# One task of a Slurm array makes one part of a set of embeddings:
#
#   sbatch --array=0-15 --gpus=1 deploy/slurm/embed-array.sh --weights W.safetensors --out parts manifest.jsonl
#
# What stands behind the script goes to `spotr embed`. Submit it from the folder of spotr, or set SPOTR to that folder.
#SBATCH --job-name=spotr-embed
#SBATCH --array=0-7
#SBATCH --cpus-per-task=1
#SBATCH --output=spotr-embed-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
set -u

node "${SPOTR:-$SLURM_SUBMIT_DIR}/cli/bin.js" embed --shard auto "$@" &
embed=$!

# Slurm sends USR1 two minutes before the time of the task is over: then embed keeps what it has, and the task queues again.
# TERM comes with scancel, which is final, and with a requeue, of which Slurm itself takes care.
again=no
signalled=no
trap 'again=yes; signalled=yes; kill -TERM "$embed"' USR1
trap 'signalled=yes; kill -TERM "$embed"' TERM

wait "$embed"; status=$?
# A signal ends `wait` before embed has ended.
while [ "$signalled" = yes ]; do signalled=no; wait "$embed"; status=$?; done

# 137: it was killed, for lack of memory or by somebody. A part that is killed again and again stays failed.
if [ "$status" = 137 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then again=yes; fi
if [ "$again" = yes ]; then
  echo "Task $SLURM_ARRAY_TASK_ID ended with $status; it queues again and goes on where it stopped."
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
