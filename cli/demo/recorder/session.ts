import type { Page } from 'playwright-core';
import type { Person } from './person.ts';

/** What the person of the bundled recording does: sets up a support team in Django's admin. Secrets are handed in and never written. */
export async function setUpSupportTeam(
  page: Page,
  person: Person,
  secrets: { readonly login: string; readonly member: string },
): Promise<void> {
  await signIn(page, person, secrets.login);
  await addGroup(page, person);
  await addMember(page, person, secrets.member);
  await fillProfile(page, person);
  await checkAndLeave(page, person);
}

async function signIn(page: Page, person: Person, password: string): Promise<void> {
  await person.type(page.getByLabel('Username'), 'demo');
  await person.type(page.getByLabel('Password'), password);
  await person.click(page.getByRole('button', { name: 'Log in' }));
}

async function addGroup(page: Page, person: Person): Promise<void> {
  await person.click(page.locator('.model-group').getByRole('link', { name: 'Add' }));
  await person.type(page.locator('#id_name'), 'Support team');
  await person.type(page.locator('#id_permissions_input'), 'view user');
  await person.doubleClick(page.locator('#id_permissions_from option').filter({ hasText: 'Can view user' }));
  await person.click(page.getByRole('button', { name: 'Save', exact: true }));
}

async function addMember(page: Page, person: Person, password: string): Promise<void> {
  await person.click(page.locator('#content-start, #nav-sidebar, body').getByRole('link', { name: 'Users', exact: true }).first());
  await person.click(page.getByRole('link', { name: 'Add user' }));
  await person.type(page.getByLabel('Username'), 'grace');
  await person.type(page.locator('#id_password1'), password);
  await person.type(page.locator('#id_password2'), password);
  await person.click(page.getByRole('button', { name: 'Save and continue editing' }));
}

async function fillProfile(page: Page, person: Person): Promise<void> {
  await person.type(page.getByLabel('First name'), 'Grace');
  await person.type(page.getByLabel('Last name'), 'Hopper');
  await person.type(page.getByLabel('Email address'), 'grace.hopper@example.com');
  await person.click(page.getByText('Staff status', { exact: true }));
  await person.doubleClick(page.locator('#id_groups_from option').filter({ hasText: 'Support team' }));
  await person.click(page.getByRole('button', { name: 'Save', exact: true }));
}

async function checkAndLeave(page: Page, person: Person): Promise<void> {
  await person.type(page.locator('#searchbar'), 'hopper');
  await person.press('Enter');
  await person.click(page.getByRole('link', { name: 'grace', exact: true }));
  await person.click(page.getByRole('link', { name: 'History' }));
  await person.click(page.getByRole('button', { name: 'Log out' }));
}
