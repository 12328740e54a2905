"""A FastAPI service whose answers may cost five cents each, attributed to the user who asks.

GWI_URL=… GWI_KEY=… OPENAI_API_KEY=… uvicorn fastapi_app:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from openai import AsyncOpenAI
from pydantic import BaseModel

from gwi_usage import Meter, NotAnswered, RunRefused
from gwi_usage.wrappers import wrap

meter = Meter(os.environ["GWI_KEY"], os.environ["GWI_URL"])
client = wrap(AsyncOpenAI(), meter)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await meter.aclose()


app = FastAPI(lifespan=lifespan)


class Question(BaseModel):
    user_id: str
    text: str


@app.post("/answers")
async def answer(question: Question) -> dict[str, str]:
    try:
        async with meter.run(budget_usd="0.05", user_id=question.user_id):
            completion = await client.chat.completions.create(
                model="gpt-4.1-mini", messages=[{"role": "user", "content": question.text}]
            )
    except RunRefused as refusal:
        raise HTTPException(402, str(refusal)) from refusal
    except NotAnswered as error:
        raise HTTPException(503, str(error)) from error
    return {"answer": completion.choices[0].message.content or ""}
